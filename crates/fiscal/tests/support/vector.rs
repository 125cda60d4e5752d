//! The valid vectors, by name.

macro_rules! vector {
    ($name:literal) => {
        include_str!(concat!("../../../vectors/canonical/valid_", $name, ".json"))
    };
}
