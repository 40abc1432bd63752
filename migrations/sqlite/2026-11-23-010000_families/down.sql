DROP TABLE product_stock;
DROP TABLE cart_lines;
DROP TABLE emails;
DROP TABLE login_tokens;
DROP INDEX registrations_excluded;
DROP INDEX registrations_family;
DROP INDEX registrations_children;
DROP INDEX registrations_parents;
