//! An organization with one of everything, whose every text holds a word that no other organization may ever read.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};
use switchboard::vault::Place;
use uuid::Uuid;

use super::{
    client::Session,
    hub::Hub,
    openapi::{Document, Operation},
};

pub struct Tenant {
    /// Its owner.
    pub owner: Session,
    /// In every name and text.
    pub word: String,
    ids: Vec<(&'static str, Uuid)>,
}

impl Tenant {
    /// `word` is in lower case, for the owner's address.
    pub async fn settle(hub: &Hub, word: &str) -> Self {
        let owner = hub.found(&format!("{word} inc."), &format!("{word}-owner")).await;
        let bia = hub.invite(&owner, &format!("{word}-agent"), "agent").await;
        let team =
            owner.post("/teams", &json!({"name": word, "member_ids": [bia.user_id]})).await.expect(201);
        owner
            .post("/users", &json!({"email": format!("{word}-guest@example.org"), "role": "viewer"}))
            .await
            .expect(201);
        let sessions = owner.get("/auth/sessions").await.expect(200);
        let mut tenant = Self { word: word.to_owned(), ids: Vec::new(), owner };
        tenant.know("user", &json!(bia.user_id));
        tenant.know("team", &team.body["id"]);
        tenant.know("session", &sessions.body["data"][0]["id"]);
        tenant.know("organization", &json!(tenant.owner.organization_id));
        tenant.fill(hub).await;
        tenant
    }

    /// The id of the tenant's own thing: `conversation`.
    pub fn id(&self, thing: &str) -> Option<Uuid> {
        self.ids.iter().find(|(name, _)| *name == thing).map(|(_, id)| *id)
    }

    pub fn ids(&self) -> impl Iterator<Item = Uuid> {
        self.ids.iter().map(|(_, id)| *id)
    }

    /// The id of the tenant's own thing that a parameter or property of an operation is about.
    pub fn thing(&self, operation: &Operation, name: &str) -> Uuid {
        let noun =
            operation.path.trim_start_matches("/api/v1/").split('/').next().unwrap().trim_end_matches('s');
        let name = name.trim_start_matches("add_").trim_start_matches("remove_");
        let thing = match name.trim_end_matches('s').trim_end_matches("_id") {
            "id" if noun == "call" => "message",
            "id" if noun == "scheduled-message" => "scheduled_message",
            "id" => noun,
            "assignee" | "member" | "author" | "mention" | "owner" => "user",
            "below" => "deal",
            "account" if noun.starts_with("payment") => "payment-account",
            "on_paid_stage" => "stage",
            "reply_to" | "before_message" => "message",
            "into" => "conversation",
            thing => thing,
        };
        self.id(thing).unwrap_or_else(|| {
            panic!(
                "say in harness/tenant.rs what {name} of {} is the id of, and give every tenant one",
                operation.path
            )
        })
    }

    /// A body that fits, with the tenant's own ids.
    pub fn sample_body(&self, document: &Document, operation: &Operation) -> Option<Value> {
        let id = |name: &str| self.thing(operation, name).to_string();
        operation.body.as_ref().map(|schema| document.sample("", schema, &id))
    }

    /// The operation's path with the tenant's own ids, and the query that it does not do without.
    pub fn path(&self, operation: &Operation) -> String {
        let path = operation.path_with(|name| self.thing(operation, name).to_string());
        format!("{path}{}", operation.needed_query(&self.word))
    }

    /// Everything that the database holds of the tenant, by table, as text.
    pub async fn everything(&self, sql: &mut PgConnection) -> Vec<(String, Vec<String>)> {
        let tables: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
               and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'organization_id' and not attisdropped)
             order by relname",
        )
        .fetch_all(&mut *sql)
        .await
        .unwrap();
        let mut all = Vec::new();
        for table in tables {
            let select = format!("select t::text from {table} t where organization_id = $1 order by 1");
            let rows =
                sqlx::query_scalar(AssertSqlSafe(select)).bind(self.id("organization")).fetch_all(&mut *sql);
            all.push((table, rows.await.unwrap()));
        }
        all
    }

    fn know(&mut self, thing: &'static str, id: &Value) {
        self.ids.push((thing, id.as_str().unwrap().parse().unwrap()));
    }

    fn new_id(&mut self, thing: &'static str) -> Uuid {
        let id = Uuid::now_v7();
        self.ids.push((thing, id));
        id
    }

    async fn fill(&mut self, hub: &Hub) {
        let organization = self.id("organization").unwrap();
        let [
            integration,
            contact,
            conversation,
            message,
            attachment,
            label,
            callback,
            suggestion,
            scheduled,
            task,
            account,
            pipeline,
            stage,
            deal,
            payment_account,
            payment,
            charge,
            trello,
            view,
            field,
            file,
        ] = [
            "integration",
            "contact",
            "conversation",
            "message",
            "attachment",
            "label",
            "callback",
            "merge-suggestion",
            "scheduled_message",
            "task",
            "account",
            "pipeline",
            "stage",
            "deal",
            "payment-account",
            "payment",
            "charge",
            "trello",
            "deal-view",
            "deal-field",
            "file",
        ]
        .map(|thing| self.new_id(thing));
        let place = Place { organization, column: "integrations.sealed", row: integration };
        let sealed =
            hub.app.vault.seal(place, br#"{"bot_token":"1:secret","secret_token":"secret"}"#).unwrap();
        let place = Place { organization, column: "payment_accounts.sealed", row: payment_account };
        let till =
            hub.app.vault.seal(place, br#"{"secret_key":"sk_test_secret","webhook_secret":"whsec_secret"}"#);
        let place = Place { organization, column: "trello_connections.sealed", row: trello };
        let board = hub.app.vault.seal(place, br#"{"token":"secret","api_secret":"secret"}"#);
        let word = self.word.replace('\'', "");
        let statements = format!(
            "insert into integrations (organization_id, id, channel, name, account_key, account, sealed)
                 values ('{organization}', '{integration}', 'telegram', '{word}', '1', '{{}}', decode('{sealed}', 'hex'));
             insert into contacts (organization_id, id, name, phone) values ('{organization}', '{contact}', '{word} customer', '+5511999');
             insert into contacts (organization_id, id, name, phone) values ('{organization}', gen_random_uuid(), '{word} twin', '+5511999');
             update merge_suggestions set id = '{suggestion}' where organization_id = '{organization}';
             insert into contact_identities (organization_id, channel, kind, key, address, contact_id)
                 values ('{organization}', 'telegram', 'user', '77', '77', '{contact}');
             insert into contact_notes (organization_id, id, contact_id, author_id, text)
                 values ('{organization}', gen_random_uuid(), '{contact}', '{user}', '{word} note');
             insert into conversations (organization_id, id, integration_id, channel, contact_id, last_seq, unread_count, last_message_id)
                 values ('{organization}', '{conversation}', '{integration}', 'telegram', '{contact}', 1, 1, '{message}');
             insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind, sender_id,
                                   sender_name, external_id, sent_at, words)
                 values ('{organization}', '{message}', '{conversation}', 1, '{integration}', 'inbound', 'text', '{word} says hello', 'contact',
                         '{contact}', '{word} customer', '5', now(), to_tsvector('simple', '{word} says hello'));
             insert into attachments (organization_id, id, message_id, conversation_id, kind, file_name, state, storage_key)
                 values ('{organization}', '{attachment}', '{message}', '{conversation}', 'document', '{word}.pdf', 'stored', 'none');
             insert into labels (organization_id, id, name) values ('{organization}', '{label}', '{word}');
             insert into conversation_labels values ('{organization}', '{conversation}', '{label}', now());
             insert into callbacks (organization_id, id, integration_id, channel, verdict, outcome, method, headers, body)
                 values ('{organization}', '{callback}', '{integration}', 'telegram', 'verified', 'stored', 'POST', '[]', '{word}');
             insert into scheduled_messages (organization_id, id, conversation_id, author_id, author_name, client_id, send_at, request)
                 values ('{organization}', '{scheduled}', '{conversation}', '{user}', '{word}', '1', now() + interval '1 day',
                         jsonb_build_object('draft', jsonb_build_object('text', '{word} later', 'extras', '{{}}'::jsonb), 'attachments', '[]'::jsonb));
             insert into tasks (organization_id, id, title, kind, assignee_id, contact_id, conversation_id, source_message_id, created_by)
                 values ('{organization}', '{task}', '{word} wants to be called', 'callback', '{user}', '{contact}', '{conversation}', '{message}', '{user}');
             insert into accounts (organization_id, id, name, domain) values ('{organization}', '{account}', '{word} ltd', '{word}.example');
             insert into pipelines (organization_id, id, name, position, currency) values ('{organization}', '{pipeline}', '{word} sales', 0, 'BRL');
             insert into stages (organization_id, id, pipeline_id, name, position, probability)
                 values ('{organization}', '{stage}', '{pipeline}', '{word} new', 1, 10);
             insert into deals (organization_id, id, pipeline_id, stage_id, rank, title, value, currency, contact_id, account_id, owner_id)
                 values ('{organization}', '{deal}', '{pipeline}', '{stage}', 0, '{word} wants a car', 1000, 'BRL', '{contact}', '{account}', '{user}');
             insert into deal_conversations (organization_id, deal_id, conversation_id) values ('{organization}', '{deal}', '{conversation}');
             insert into deal_activities (organization_id, id, deal_id, kind, text, author_id)
                 values ('{organization}', gen_random_uuid(), '{deal}', 'note', '{word} likes red', '{user}');
             insert into deal_views (organization_id, id, name, pipeline_id, look, position)
                 values ('{organization}', '{view}', '{word} view', '{pipeline}', '{{}}', 0);
             insert into deal_fields (organization_id, id, about, key, label, kind, choices, position)
                 values ('{organization}', '{field}', 'deal', '{word}', '{word} field', 'choice', '{{{word}}}', 0);
             insert into attachments (organization_id, id, kind, file_name, state, storage_key, uploaded_by)
                 values ('{organization}', '{file}', 'document', '{word} offer.pdf', 'stored', 'none', '{user}');
             insert into deal_files (organization_id, deal_id, attachment_id) values ('{organization}', '{deal}', '{file}');
             insert into payment_accounts (organization_id, id, provider, name, sealed)
                 values ('{organization}', '{payment_account}', 'stripe', '{word} till', decode('{till}', 'hex'));
             insert into payments (organization_id, id, account_id, conversation_id, deal_id, contact_id, amount, currency, description, methods,
                                   expires_at, state, offer_id, captured, mismatch)
                 values ('{organization}', '{payment}', '{payment_account}', '{conversation}', '{deal}', '{contact}', 1000, 'BRL', '{word} car',
                         '{{card}}', now() + interval '1 day', 'paid', 'cs_{word}', 900, 'too_little');
             insert into payment_charges (organization_id, id, account_id, payment_id, external_id, currency, captured, charge, seen_at, created_at)
                 select '{organization}', id, '{payment_account}', payment, name, 'BRL', 900, jsonb_build_object('id', name, 'progress', 'captured',
                        'amount', money, 'captured', money, 'refunded', jsonb_build_object('minor', 0, 'currency', 'BRL'), 'method', 'card',
                        'refunds', '[]'::jsonb, 'payer', '{word} payer', 'created_at', now()), now(), now()
                 from (values ('{charge}'::uuid, null::uuid, 'pi_{word}'), (gen_random_uuid(), '{payment}', 'pi_{word}_2')) as c (id, payment, name),
                      jsonb_build_object('minor', 900, 'currency', 'BRL') as money;
             insert into payment_entries (organization_id, account_id, charge_id, kind, currency, amount)
                 values ('{organization}', '{payment_account}', '{charge}', 'captured', 'BRL', 900);
             insert into refunds (organization_id, id, payment_id, charge_id, amount, reason, state)
                 values ('{organization}', gen_random_uuid(), '{payment}', '{charge}', 100, '{word} was late', 'failed');
             insert into payment_history (organization_id, id, payment_id, what, data)
                 values ('{organization}', gen_random_uuid(), '{payment}', 'asked', jsonb_build_object('word', '{word}'));
             insert into payment_notices (organization_id, account_id, external_id, kind, about)
                 values ('{organization}', '{payment_account}', 'evt_{word}', 'x', '{{}}');
             insert into trello_connections (organization_id, id, sealed, member_id, member_name, board_id, board_name, board_url, pipeline_id,
                                             status, import, callback_url)
                 values ('{organization}', '{trello}', decode('{board}', 'hex'), '1', '{word} admin', 'b1', '{word} board', 'https://{word}',
                         '{pipeline}', 'paused', false, 'https://{word}');
             insert into trello_lists (organization_id, connection_id, list_id, name, position, stage_id)
                 values ('{organization}', '{trello}', 'l1', '{word} list', 1, '{stage}');
             insert into trello_cards (organization_id, connection_id, deal_id, card_id, problem)
                 values ('{organization}', '{trello}', '{deal}', 'c1', '{word} problem');
             insert into trello_actions (organization_id, connection_id, action_id) values ('{organization}', '{trello}', '{word}');
             insert into notices (organization_id, id, integration_id, topic, severity, text)
                 values ('{organization}', gen_random_uuid(), '{integration}', 'quality', 'info', '{word}');
             insert into templates (organization_id, integration_id, name, language, external_id, category, status, body)
                 values ('{organization}', '{integration}', '{word}', 'en', '9', 'utility', 'approved',
                         jsonb_build_object('external_id', '9', 'name', '{word}', 'language', 'en', 'category', 'utility',
                         'status', 'approved', 'body', 'Hi', 'parameters', '[]'::jsonb));
             insert into mirrors (organization_id, integration_id, place, place_name)
                 values ('{organization}', '{integration}', 'C0{word}', '#{word}');
             insert into mirror_threads (organization_id, integration_id, conversation_id, place, thread)
                 values ('{organization}', '{integration}', '{conversation}', 'C0{word}', 'C0{word}:1.2');
             insert into mirror_posts (organization_id, integration_id, message_id, conversation_id, place)
                 values ('{organization}', '{integration}', '{message}', '{conversation}', 'C0{word}');
             insert into mirror_words (organization_id, integration_id, external_id, conversation_id, place, author)
                 values ('{organization}', '{integration}', 'C0{word}:3.4', '{conversation}', 'C0{word}', '{{}}')",
            sealed = hex::encode(sealed),
            till = hex::encode(till.unwrap()),
            board = hex::encode(board.unwrap()),
            user = self.id("user").unwrap(),
        );
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut hub.sql().await).await.unwrap();
    }
}
