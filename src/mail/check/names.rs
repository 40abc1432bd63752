//! Which names a template uses, whatever way through it is taken: filling it in shows only what stands on the ways that
//! the examples take. Jinja can also hand an object on, and name what is in it by a value; where that cannot be
//! followed it is refused.

use std::collections::HashSet;

use minijinja::ErrorKind;
use minijinja::machinery::ast::{CallArg, Expr, Filter, ForLoop, IfCond, Stmt};
use minijinja::machinery::parse;
use minijinja::syntax::SyntaxConfig;

use super::unknown_variable;
use crate::mail::template::{JINJA, sentence};

/// What every template has.
const ROOTS: [&str; 3] = ["user", "meta_info", "group"];
/// What `loop` has.
const OF_LOOP: [&str; 11] = [
    "cycle",
    "changed",
    "depth",
    "depth0",
    "first",
    "index",
    "index0",
    "last",
    "length",
    "revindex",
    "revindex0",
];
/// Filters whose first argument names what an item has.
const NAMING_FILTERS: [&str; 4] = ["attr", "groupby", "selectattr", "rejectattr"];

/// What is wrong with the names in a template. `names`: those that are known, each with its dot.
pub(super) fn problems(source: &str, names: &[String]) -> Vec<String> {
    let template = match parse(source, "template", SyntaxConfig::default()) {
        Ok(template) => template,
        Err(error) => return vec![sentence(&error)],
    };
    let mut walk = Walk {
        names,
        scopes: vec![HashSet::new()],
        made: HashSet::new(),
        used: Vec::new(),
        problems: Vec::new(),
    };
    walk.statement(&template);
    walk.finish()
}

struct Walk<'a> {
    names: &'a [String],
    /// The variables that are set, the innermost last.
    scopes: Vec<HashSet<String>>,
    /// What the objects have that the template makes itself.
    made: HashSet<String>,
    /// What it asks of other objects than the roots.
    used: Vec<String>,
    problems: Vec<String>,
}

impl Walk<'_> {
    /// What is asked of an object may only follow from another problem, so that it comes last.
    fn finish(mut self) -> Vec<String> {
        if !self.problems.is_empty() {
            return self.problems;
        }
        for name in std::mem::take(&mut self.used) {
            if !self.made.contains(&name) {
                self.refuse(format!(
                    "must not name {name}, which nothing in it has: there are the names of user, meta_info, group and loop, and of objects that it makes itself"
                ));
            }
        }
        self.problems
    }

    fn refuse(&mut self, rule: String) {
        if !self.problems.contains(&rule) {
            self.problems.push(rule);
        }
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    /// Statements whose variables are not there after them. Answers which were set.
    fn scope(&mut self, statements: &[Stmt<'_>]) -> HashSet<String> {
        self.scopes.push(HashSet::new());
        self.statements(statements);
        self.scopes.pop().unwrap_or_default()
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emitted) => self.expression(&emitted.expr),
            Stmt::ForLoop(each) => self.for_loop(each),
            Stmt::IfCond(condition) => self.condition(condition),
            Stmt::WithBlock(with) => {
                self.scopes.push(HashSet::new());
                for (target, value) in &with.assignments {
                    self.expression(value);
                    self.set(target);
                }
                self.statements(&with.body);
                self.scopes.pop();
            }
            Stmt::Set(set) => {
                self.expression(&set.expr);
                self.set(&set.target);
            }
            Stmt::SetBlock(set) => {
                self.scope(&set.body);
                self.optional(set.filter.as_ref());
                self.set(&set.target);
            }
            Stmt::AutoEscape(block) => {
                self.expression(&block.enabled);
                self.scope(&block.body);
            }
            Stmt::FilterBlock(block) => {
                self.expression(&block.filter);
                self.scope(&block.body);
            }
            Stmt::Do(call) => {
                self.expression(&call.call.expr);
                self.arguments(&call.call.args);
            }
        }
    }

    fn for_loop(&mut self, each: &ForLoop<'_>) {
        self.expression(&each.iter);
        self.scopes.push(HashSet::new());
        self.set(&each.target);
        self.optional(each.filter_expr.as_ref());
        self.declare("loop");
        self.statements(&each.body);
        self.scopes.pop();
        self.scope(&each.else_body);
    }

    /// What both branches set is there after them.
    fn condition(&mut self, condition: &IfCond<'_>) {
        self.expression(&condition.expr);
        let if_true = self.scope(&condition.true_body);
        let if_false = self.scope(&condition.false_body);
        for name in if_true.intersection(&if_false) {
            self.declare(name);
        }
    }

    fn declare(&mut self, name: &str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned());
        }
    }

    fn is_there(&self, name: &str) -> bool {
        let is_set = self.scopes.iter().any(|scope| scope.contains(name));
        is_set || JINJA.globals().any(|(global, _)| global == name)
    }

    fn set(&mut self, target: &Expr<'_>) {
        let items = match target {
            Expr::List(list) => &list.items,
            Expr::Tuple(tuple) => &tuple.items,
            Expr::Var(variable) if ROOTS.contains(&variable.id) || variable.id == "loop" => {
                let rule = format!("must not set {}, which is there already", variable.id);
                return self.refuse(rule);
            }
            Expr::Var(variable) => return self.declare(variable.id),
            // Of a namespace.
            Expr::GetAttr(attribute) => {
                self.made.insert(attribute.name.to_owned());
                return self.expression(&attribute.expr);
            }
            other => return self.expression(other),
        };
        for item in items {
            self.set(item);
        }
    }

    fn optional(&mut self, expression: Option<&Expr<'_>>) {
        if let Some(expression) = expression {
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        if let Some((variable, path)) = path(expression) {
            return self.variable(variable, path);
        }
        match expression {
            Expr::Var(_) | Expr::Const(_) => {}
            Expr::Slice(slice) => {
                self.expression(&slice.expr);
                for bound in [&slice.start, &slice.stop, &slice.step] {
                    self.optional(bound.as_ref());
                }
            }
            Expr::UnaryOp(operation) => self.expression(&operation.expr),
            Expr::BinOp(operation) => {
                self.expression(&operation.left);
                self.expression(&operation.right);
            }
            Expr::Compare(comparison) => {
                self.expression(&comparison.expr);
                for operation in &comparison.ops {
                    self.expression(&operation.expr);
                }
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.test_expr);
                self.expression(&choice.true_expr);
                self.optional(choice.false_expr.as_ref());
            }
            Expr::Filter(filter) => self.filter(filter),
            Expr::Test(test) => {
                self.require("test", test.name, &format!("{{{{ 1 is {} }}}}", test.name));
                self.expression(&test.expr);
                self.arguments(&test.args);
            }
            Expr::GetAttr(attribute) => {
                self.used.push(attribute.name.to_owned());
                self.expression(&attribute.expr);
            }
            Expr::GetItem(item) => {
                self.used.extend(constant(&item.subscript_expr));
                self.expression(&item.expr);
                self.expression(&item.subscript_expr);
            }
            Expr::Call(call) => {
                self.expression(&call.expr);
                self.arguments(&call.args);
            }
            Expr::List(list) => list.items.iter().for_each(|item| self.expression(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.expression(item)),
            Expr::Map(map) => {
                self.made.extend(map.keys.iter().filter_map(constant));
                for part in map.keys.iter().chain(&map.values) {
                    self.expression(part);
                }
            }
        }
    }

    /// A variable with what is named of it.
    fn variable(&mut self, variable: &str, path: Vec<String>) {
        let whole = std::iter::once(variable)
            .chain(path.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(".");
        let is_root = ROOTS.contains(&variable);
        if is_root && path.is_empty() {
            let first = self.names.iter().find(|name| {
                let rest = name.strip_prefix(variable);
                rest.is_some_and(|rest| rest.starts_with('.'))
            });
            let first = first.map_or("", String::as_str);
            self.refuse(format!(
                "must not use {variable} as a whole, which cannot be checked: name what is in it, as in {first} or {variable}[\"…\"]"
            ));
        } else if is_root || !self.is_there(variable) {
            if !self.names.contains(&whole) {
                self.refuse(unknown_variable(&whole, self.names));
            }
        } else if variable != "loop" || path.iter().any(|name| !OF_LOOP.contains(&name.as_str())) {
            self.used.extend(path);
        }
    }

    fn filter(&mut self, filter: &Filter<'_>) {
        self.require(
            "filter",
            filter.name,
            &format!("{{{{ 1|{} }}}}", filter.name),
        );
        self.optional(filter.expr.as_ref());
        if let Some(CallArg::Pos(name)) = filter.args.first()
            && NAMING_FILTERS.contains(&filter.name)
        {
            self.used.extend(constant(name));
        }
        for argument in &filter.args {
            if let CallArg::Kwarg("attribute", name) = argument {
                self.used.extend(constant(name));
            }
        }
        self.arguments(&filter.args);
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) {
        for argument in arguments {
            match argument {
                CallArg::Kwarg(name, value) => {
                    self.made.insert((*name).to_owned());
                    self.expression(value);
                }
                CallArg::Pos(value) | CallArg::PosSplat(value) | CallArg::KwargSplat(value) => {
                    self.expression(value);
                }
            }
        }
    }

    /// What is unknown is an error only where it is used. `trial`: a template that does nothing else.
    fn require(&mut self, word: &str, name: &str, trial: &str) {
        let tried = JINJA.render_str(trial, ());
        let kind = tried.err().map(|error| error.kind());
        if matches!(
            kind,
            Some(ErrorKind::UnknownFilter | ErrorKind::UnknownTest)
        ) {
            self.refuse(format!("must not use the {word} {name}, which is unknown"));
        }
    }
}

/// `user.name` and `user["name"]`: the variable, and what is named of it.
fn path<'a>(expression: &Expr<'a>) -> Option<(&'a str, Vec<String>)> {
    let (object, name) = match expression {
        Expr::Var(variable) => return Some((variable.id, Vec::new())),
        Expr::GetAttr(attribute) => (&attribute.expr, attribute.name.to_owned()),
        Expr::GetItem(item) => (&item.expr, constant(&item.subscript_expr)?),
        _ => return None,
    };
    let (variable, mut path) = path(object)?;
    path.push(name);
    Some((variable, path))
}

/// A text that is written out.
fn constant(expression: &Expr<'_>) -> Option<String> {
    expression.as_const()?.as_str().map(str::to_owned)
}
