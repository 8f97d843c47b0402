//! The interface's own description as a list of things to try.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::hub::Hub;

pub struct Document(Value);

#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    /// With its parameters in braces: `/api/v1/teams/{team_id}`.
    pub path: String,
    /// Asks for no access token.
    pub open: bool,
    pub query: Vec<Parameter>,
    /// Takes a multipart form.
    pub upload: bool,
    /// Of a JSON body.
    pub body: Option<Value>,
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    pub schema: Value,
    pub required: bool,
}

impl Document {
    pub async fn of(hub: &Hub) -> Self {
        Self(hub.client().get("/api/openapi.json").await.expect(200).body)
    }

    /// Every operation, in the order of paths.
    pub fn operations(&self) -> Vec<Operation> {
        let mut operations = Vec::new();
        for (path, methods) in self.0["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                operations.push(self.operation(path, method, operation));
            }
        }
        operations
    }

    fn operation(&self, path: &str, method: Method, operation: &Value) -> Operation {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let query = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| Parameter {
                name: parameter["name"].as_str().unwrap().to_owned(),
                schema: self.resolve(&parameter["schema"]),
                required: parameter["required"] == true,
            })
            .collect();
        let open = operation["security"]
            .as_array()
            .is_some_and(|ways| ways.iter().any(|way| way.as_object().is_some_and(Map::is_empty)));
        Operation {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method,
            path: path.to_owned(),
            open,
            upload: operation["requestBody"]["content"].get("multipart/form-data").is_some(),
            query,
            body: operation["requestBody"]["content"]["application/json"]
                .get("schema")
                .map(|schema| self.resolve(schema)),
        }
    }

    /// Without references and without the choice of `null`, one level deep.
    pub fn resolve(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.resolve(&self.0["components"]["schemas"][name]);
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(one) =
                schema[choice].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"))
            {
                return self.resolve(one);
            }
        }
        if let Some(all) = schema["allOf"].as_array() {
            return all.iter().fold(json!({"type": "object"}), |sum, part| merge(sum, &self.resolve(part)));
        }
        let mut schema = schema.clone();
        if let Some(kind) =
            schema["type"].as_array().and_then(|kinds| kinds.iter().find(|kind| *kind != "null")).cloned()
        {
            schema["type"] = kind;
        }
        schema
    }

    /// The properties of an object, resolved.
    pub fn properties(&self, schema: &Value) -> Vec<(String, Value)> {
        let properties = schema["properties"].as_object();
        properties.into_iter().flatten().map(|(name, schema)| (name.clone(), self.resolve(schema))).collect()
    }

    /// A value that fits: what is required, and `id` for every id, by its name.
    pub fn sample(&self, name: &str, schema: &Value, id: &impl Fn(&str) -> String) -> Value {
        let schema = self.resolve(schema);
        if let Some(one) = schema["enum"].as_array().and_then(|all| all.first()) {
            return one.clone();
        }
        if let Some(one) = schema.get("const") {
            return one.clone();
        }
        match schema["type"].as_str() {
            Some("object") => self.sample_object(&schema, id),
            Some("array") => json!([self.sample(name, &schema["items"], id)]),
            Some("string") => json!(sample_text(name, &schema, id)),
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
            Some("boolean") => json!(false),
            _ => json!({}),
        }
    }

    fn sample_object(&self, schema: &Value, id: &impl Fn(&str) -> String) -> Value {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let properties =
            self.properties(schema).into_iter().filter(|(name, _)| required.contains(&json!(name)));
        properties
            .map(|(name, schema)| (name.clone(), self.sample(&name, &schema, id)))
            .collect::<Map<_, _>>()
            .into()
    }
}

impl Operation {
    /// Names of the path's parameters, in order.
    pub fn path_parameters(&self) -> Vec<&str> {
        self.path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect()
    }

    /// The query parameters that the operation does not do without, `?` in front.
    pub fn needed_query(&self, text: &str) -> String {
        let parts = self.query.iter().filter(|one| one.required).map(|one| format!("{}={text}", one.name));
        format!("?{}", parts.collect::<Vec<_>>().join("&"))
    }

    /// The path with its parameters filled in.
    pub fn path_with(&self, fill: impl Fn(&str) -> String) -> String {
        self.path_parameters()
            .into_iter()
            .fold(self.path.clone(), |path, name| path.replace(&format!("{{{name}}}"), &fill(name)))
    }
}

fn sample_text(name: &str, schema: &Value, id: &impl Fn(&str) -> String) -> String {
    match schema["format"].as_str() {
        Some("uuid") => id(name),
        Some("date-time") => "2036-01-01T00:00:00Z".to_owned(),
        Some("date") => "2036-01-01".to_owned(),
        Some("password") => "a long password".to_owned(),
        _ if name == "email" => "somebody@example.org".to_owned(),
        _ => "x".to_owned(),
    }
}

fn merge(mut sum: Value, part: &Value) -> Value {
    for key in ["properties", "required"] {
        match (&mut sum[key], &part[key]) {
            (Value::Object(all), Value::Object(more)) => all.extend(more.clone()),
            (Value::Array(all), Value::Array(more)) => all.extend(more.clone()),
            (all @ Value::Null, more) => *all = more.clone(),
            _ => {}
        }
    }
    sum
}
