// Printed from the migrations by `make schema`; not written by hand.

diesel::table! {
    access_tokens (organization_id, token_sha256) {
        organization_id -> BigInt,
        token_sha256 -> Text,
        admin_id -> BigInt,
        secret_sha256 -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    admins (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        token_sha256 -> Text,
        revoked_at -> Nullable<Timestamp>,
        definition -> Text,
    }
}

diesel::table! {
    cart_lines (id) {
        id -> BigInt,
        organization_id -> BigInt,
        group_id -> BigInt,
        clogin_id -> BigInt,
        product_id -> Nullable<BigInt>,
        name -> Text,
        price -> BigInt,
        quantity -> BigInt,
        remark -> Text,
        created_at -> Timestamp,
        waiting -> Bool,
        terms -> Nullable<Text>,
    }
}

diesel::table! {
    counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    credentials (organization_id, id) {
        organization_id -> BigInt,
        id -> Text,
        user_id -> Nullable<BigInt>,
        created_at -> Timestamp,
        metadata -> Text,
    }
}

diesel::table! {
    emails (id) {
        id -> BigInt,
        organization_id -> BigInt,
        group_id -> BigInt,
        clogin_id -> BigInt,
        admin_id -> Nullable<BigInt>,
        state -> Text,
        sender -> Text,
        recipients -> Text,
        cc -> Text,
        bcc -> Text,
        subject -> Text,
        body -> Text,
        created_at -> Timestamp,
        template_id -> Nullable<BigInt>,
        trigger_id -> Nullable<BigInt>,
        message_id -> Nullable<Text>,
        body_text -> Nullable<Text>,
        attempts -> BigInt,
        last_error -> Nullable<Text>,
        sent_at -> Nullable<Timestamp>,
        next_attempt_at -> Nullable<Timestamp>,
        claimed_until -> Nullable<Timestamp>,
        undelivered -> Nullable<Text>,
    }
}

diesel::table! {
    events (organization_id, id) {
        organization_id -> BigInt,
        id -> Text,
        kind -> Text,
        request_id -> Text,
        admin_id -> BigInt,
        clogin_id -> Nullable<BigInt>,
        metadata -> Text,
        data -> Nullable<Text>,
    }
}

diesel::table! {
    group_items (organization_id, kind, id) {
        organization_id -> BigInt,
        group_id -> BigInt,
        kind -> Text,
        id -> BigInt,
        position -> BigInt,
        definition -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    group_totals (organization_id, group_id, is_child, excluded, slot) {
        organization_id -> BigInt,
        group_id -> BigInt,
        is_child -> Bool,
        excluded -> Bool,
        slot -> BigInt,
        users -> BigInt,
        ordered -> BigInt,
        paid -> BigInt,
    }
}

diesel::table! {
    groups (organization_id, id) {
        organization_id -> BigInt,
        id -> BigInt,
        position -> BigInt,
        definition -> Text,
    }
}

diesel::table! {
    idempotency_records (organization_id, admin_id, idempotency_key) {
        organization_id -> BigInt,
        admin_id -> BigInt,
        idempotency_key -> Text,
        request_sha256 -> Text,
        response -> Nullable<Text>,
        clogin_id -> Nullable<BigInt>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    login_tokens (organization_id, token_sha256) {
        organization_id -> BigInt,
        token_sha256 -> Text,
        group_id -> BigInt,
        clogin_id -> BigInt,
        expires_at -> Timestamp,
        spent_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    organizations (id) {
        id -> BigInt,
        version -> BigInt,
        definition -> Text,
    }
}

diesel::table! {
    payments (id) {
        id -> BigInt,
        organization_id -> BigInt,
        group_id -> BigInt,
        clogin_id -> BigInt,
        kind -> Text,
        status -> Text,
        amount -> BigInt,
        reference -> Nullable<Text>,
        paid_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    product_stock (organization_id, product_id) {
        organization_id -> BigInt,
        product_id -> BigInt,
        quota -> BigInt,
        sold -> BigInt,
    }
}

diesel::table! {
    registrations (id) {
        id -> BigInt,
        organization_id -> BigInt,
        group_id -> BigInt,
        clogin_id -> BigInt,
        parent_id -> Nullable<BigInt>,
        version -> BigInt,
        status_id -> Nullable<BigInt>,
        excluded -> Bool,
        answers -> Text,
        forms -> Text,
        utm -> Nullable<Text>,
        order_total -> BigInt,
        paid_total -> BigInt,
        application_date -> Timestamp,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
        triggers -> Text,
        triggers_seen -> BigInt,
    }
}

diesel::table! {
    user_values (organization_id, user_id, key_sha256) {
        organization_id -> BigInt,
        user_id -> BigInt,
        document -> Text,
        key_sha256 -> Text,
        created_at -> Timestamp,
        uuid -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        organization_id -> BigInt,
        uuid -> Text,
        username -> Nullable<Text>,
        username_key -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        first_name -> Text,
        last_name -> Text,
        org_name -> Text,
        main_email -> Nullable<Text>,
        email_key -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        deleted_at -> Nullable<Timestamp>,
        locale -> Text,
        custom_properties -> Nullable<Text>,
        claims -> Text,
        provider_key -> Nullable<Text>,
        provider_id -> Nullable<Text>,
        provider_url -> Nullable<Text>,
        subject_id -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(cart_lines, payments, registrations, users);
