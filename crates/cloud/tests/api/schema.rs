//! Whether a value is as a schema of the document says.

use serde_json::{Map, Value};

/// What is wrong with a value, and where. Patterns and formats are for the fuzzer to check.
pub(crate) fn fault(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    Check { document }.at("", schema, value).err()
}

struct Check<'a> {
    document: &'a Value,
}

impl Check<'_> {
    fn at(&self, place: &str, schema: &Value, value: &Value) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{place}: {value} {what} ({schema})"));
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').unwrap();
            return self.at(place, self.document.pointer(pointer).unwrap(), value);
        }
        for all in items(schema, "allOf") {
            self.at(place, all, value)?;
        }
        let one_of = schema["oneOf"].as_array();
        if one_of.is_some_and(|any| any.iter().filter(|one| self.at(place, one, value).is_ok()).count() != 1)
        {
            return wrong("is not one of these");
        }
        if !is_of_type(&schema["type"], value) {
            return wrong("is of another type");
        }
        if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
            return wrong("is not listed");
        }
        match value {
            Value::Number(number) => {
                let number = number.as_f64().unwrap();
                let bound = |name: &str| schema[name].as_f64();
                if bound("minimum").is_some_and(|least| number < least)
                    || bound("maximum").is_some_and(|most| number > most)
                {
                    return wrong("is out of bounds");
                }
            }
            Value::String(text) if !within(schema, "Length", text.chars().count()) => {
                return wrong("is too short or too long");
            }
            Value::Array(all) => {
                if !within(schema, "Items", all.len()) {
                    return wrong("has too few or too many");
                }
                for (number, one) in all.iter().enumerate().filter(|_| schema.get("items").is_some()) {
                    self.at(&format!("{place}[{number}]"), &schema["items"], one)?;
                }
            }
            Value::Object(members) => self.members(place, schema, members)?,
            _ => {}
        }
        Ok(())
    }

    fn members(&self, place: &str, schema: &Value, members: &Map<String, Value>) -> Result<(), String> {
        for required in items(schema, "required") {
            let name = required.as_str().unwrap();
            if !members.contains_key(name) {
                return Err(format!("{place}: {name} is missing in {members:?}"));
            }
        }
        for (name, member) in members {
            match schema["properties"].get(name) {
                Some(property) => self.at(&format!("{place}.{name}"), property, member)?,
                None if schema["additionalProperties"] == false => {
                    return Err(format!("{place}: {name} is not described"));
                }
                None => {}
            }
        }
        Ok(())
    }
}

fn items<'a>(schema: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    schema[name].as_array().into_iter().flatten()
}

fn within(schema: &Value, what: &str, count: usize) -> bool {
    let bound = |name: &str| schema[format!("{name}{what}")].as_u64();
    let count = count as u64;
    bound("min").is_none_or(|least| count >= least) && bound("max").is_none_or(|most| count <= most)
}

fn is_of_type(kind: &Value, value: &Value) -> bool {
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        kind => panic!("{kind} is no type"),
    };
    match kind {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is),
        kind => is(kind),
    }
}

#[test]
fn a_value_that_is_not_as_described_is_found() {
    let document = serde_json::json!({ "components": { "schemas": { "Till": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": { "type": "string", "maxLength": 4 },
            "state": { "oneOf": [{ "type": "null" }, { "type": "string", "enum": ["open"] }] },
            "lines": { "type": "array", "maxItems": 1, "items": { "type": "integer", "minimum": 1 } },
        },
        "additionalProperties": false,
    } } } });
    let till = serde_json::json!({ "$ref": "#/components/schemas/Till" });
    for (text, is_right) in [
        (r#"{ "name": "A" }"#, true),
        (r#"{ "name": "A", "state": null, "lines": [1] }"#, true),
        (r#"{ "state": "open" }"#, false),
        (r#"{ "name": 1 }"#, false),
        (r#"{ "name": "ABCDE" }"#, false),
        (r#"{ "name": "A", "state": "shut" }"#, false),
        (r#"{ "name": "A", "lines": [0] }"#, false),
        (r#"{ "name": "A", "lines": [1, 2] }"#, false),
        (r#"{ "name": "A", "more": 1 }"#, false),
        ("[]", false),
    ] {
        let found = fault(&document, &till, &serde_json::from_str(text).unwrap());
        assert_eq!(found.is_none(), is_right, "{text}: {found:?}");
    }
}
