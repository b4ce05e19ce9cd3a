//! The way out of one very case, with its numbers and names.
//!
//! A remedy holds what a program needs that edits the text of a .proto file, and says the same to a person in one
//! sentence. Elements are full names: they are looked for in the text of whichever side is edited.

use std::fmt;

use super::kind::wording::range_text;
use crate::schema::{Cardinality, Range};

/// A message or an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The full name.
    pub name: String,
    /// Whether it is an enum.
    pub is_enum: bool,
}

/// What to do about a change. The page of the rule has the long form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named after what they hold")]
pub enum Remedy {
    /// Reserve numbers and names.
    Reserve { holder: Holder, numbers: Vec<Range>, names: Vec<Box<str>> },
    /// Declare extension numbers.
    Extensions { holder: Holder, numbers: Vec<Range> },
    /// Declare a field or an enum value again, as deprecated.
    Restore { element: String, names: Vec<Box<str>>, number: i32, reserved: bool, then: String },
    /// Keep a type or a method, as deprecated.
    KeepDeprecated { noun: &'static str, name: String },
    /// Keep an extension, as deprecated.
    KeepExtension { name: String, number: i32 },
    /// Keep a file.
    KeepFile { file: String },
    /// Keep a package, as deprecated.
    KeepPackage { package: String },
    /// Keep the `package` line of a file; the package is empty where there was none.
    KeepPackageLine { file: String, package: String },
    /// Give a file option its value back; `None` where it was unset.
    FileOption { file: String, option: &'static str, value: Option<String> },
    /// Write a public import again.
    RestorePublicImport { file: String, path: String },

    /// Keep the name of an element.
    KeepName { element: String, name: String },
    /// Keep the name of a type, alone or beside the new one.
    KeepTypeName { old: String, new: String },
    /// Serve a service under both names.
    ServeBoth { old: String, new: String },
    /// Keep the name of a field, or at least its key in JSON.
    KeepFieldName { message: String, number: i32, name: String, json_name: String },
    /// Pin the key of a field in JSON.
    KeepJsonName { message: String, name: String, number: i32, json_name: String },
    /// Keep names of an enum value beside the new one, as aliases: behind the name that stood first, where it still does, or
    /// else in front of all.
    KeepAliases { enum_: String, names: Vec<Box<str>>, number: i32, behind: Option<Box<str>> },
    /// Keep a oneof.
    KeepOneof { oneof: String },

    /// Give a field its number back.
    Renumber { message: String, name: String, number: i32, now: i32, reserved: bool },
    /// Give two fields their numbers back.
    SwapBack { message: String, one: (String, i32), other: (String, i32) },
    /// Give names of enum values their number back.
    RenumberValues { enum_: String, names: Vec<Box<str>>, number: i32 },
    /// Keep a field at its number, and put what stands there now somewhere else.
    MoveAway { message: String, old_name: String, new_name: String, number: i32, free: Option<i32> },
    /// Give a field or an enum value a number that was never used; `message` is what declares it.
    TakeNumber { message: String, name: String, number: i32, free: i32 },
    /// Give a field or an enum value a name and a number that were never used.
    TakeNameAndNumber { message: String, name: String, number: i32, free: i32 },
    /// Give an element a number that was never used, and reserve what an earlier version used.
    LeaveNumber { holder: Holder, name: String, number: i32, free: Option<i32>, old_name: Box<str> },
    /// Give a field the type back that an earlier version had, or another name and number.
    RestoreType {
        holder: Holder,
        name: String,
        number: i32,
        free: Option<i32>,
        old_name: Box<str>,
        old_type: Box<str>,
    },

    /// Keep the type of a field.
    KeepType { field: String, old_type: String },
    /// Keep a field as it was, and add another one of the new type.
    AddFieldOfType { field: String, name: String, old_type: String, new_type: String, free: Option<i32> },
    /// Keep the cardinality of a field, and add another field.
    KeepCardinality {
        field: String,
        name: String,
        cardinality: Cardinality,
        old_type: String,
        free: Option<i32>,
    },
    /// Keep how `required` is spelled: with the keyword, or with the feature.
    KeepRequired { field: String, name: String, keyword: bool },
    /// Keep the default of a field; `None` where it had none of its own.
    KeepDefault { field: String, name: String, value: Option<String> },
    /// Leave a field outside a oneof.
    LeaveOutside { field: String, name: String, free: Option<i32> },
    /// Leave a field in its oneof.
    LeaveInOneof { field: String, name: String, oneof: String },
    /// Write out whether a field is packed.
    Packed { field: String, name: String, packed: bool },
    /// Keep an enum open or closed.
    KeepEnumType { enum_: String, closed: bool },
    /// Keep a method, and add another one.
    AddMethodBeside { method: String },
    /// Give a method its idempotency level back.
    Idempotency { method: String, level: &'static str },

    /// What no edit of the text does.
    Advice(String),
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remedy::Reserve { holder, numbers, names } => {
                write!(f, "add `")?;
                if !numbers.is_empty() {
                    write!(f, "reserved {};", ranges(holder, numbers))?;
                }
                if !numbers.is_empty() && !names.is_empty() {
                    write!(f, " ")?;
                }
                if !names.is_empty() {
                    let names: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
                    write!(f, "reserved {};", names.join(", "))?;
                }
                write!(f, "` to `{}`", holder.name)
            }
            Remedy::Extensions { holder, numbers } => {
                write!(f, "add `extensions {};` to `{}`", ranges(holder, numbers), holder.name)
            }
            Remedy::Restore { names, number, reserved, then, .. } => {
                let names: Vec<String> = names.iter().map(|name| format!("`{name} = {number}`")).collect();
                write!(f, "restore {} with `[deprecated = true]`", names.join(", "))?;
                if *reserved {
                    write!(f, " in place of what is reserved")?;
                }
                write!(f, "; in a later version remove it and add `{then}`")
            }
            Remedy::KeepDeprecated { noun: "method", name } => {
                write!(f, "keep `{name}` with `option deprecated = true;` until nobody calls it")
            }
            Remedy::KeepDeprecated { noun, name } => {
                write!(f, "keep {noun} `{name}` with `option deprecated = true;` until nobody uses it")
            }
            Remedy::KeepExtension { name, number } => write!(
                f,
                "keep extension `{name}` with `[deprecated = true]`; its number {number} must not come back"
            ),
            Remedy::KeepFile { file } => {
                write!(f, "keep `{file}`; if its types moved, let it `import public` the new file")
            }
            Remedy::KeepPackage { package } => {
                write!(f, "keep package `{package}` and mark what is in it deprecated")
            }
            Remedy::KeepPackageLine { package, .. } if package.is_empty() => {
                write!(f, "take the `package` line out again, and put the new package into a new file")
            }
            Remedy::KeepPackageLine { package, .. } => {
                write!(f, "keep `package {package};`, and put the new package into a new file beside it")
            }
            Remedy::FileOption { option, value: None, .. } => write!(f, "leave `{option}` unset"),
            Remedy::FileOption { option, value: Some(value), .. } => {
                write!(f, "set `{option}` back to `{value}`")
            }
            Remedy::RestorePublicImport { path, .. } => write!(f, "write `import public \"{path}\";`"),

            Remedy::KeepName { name, .. } => write!(f, "keep the name `{name}`"),
            Remedy::KeepTypeName { old, new } => {
                write!(f, "keep the name `{old}`, or keep it beside `{new}` as deprecated")
            }
            Remedy::ServeBoth { old, .. } => write!(f, "keep `{old}` and serve both from the same code"),
            Remedy::KeepFieldName { name, json_name, .. } => {
                write!(f, "keep the name `{name}`, or at least its key: `[json_name = \"{json_name}\"]`")
            }
            Remedy::KeepJsonName { name, number, json_name, .. } => {
                write!(f, "pin the key: `{name} = {number} [json_name = \"{json_name}\"]`")
            }
            Remedy::KeepAliases { names, number, behind, .. } => {
                let place = match behind {
                    Some(first) => format!("behind `{first}`"),
                    None => "in front of the new name".to_owned(),
                };
                write!(f, "keep {} {place}, under `option allow_alias = true;`", values(names, *number))
            }
            Remedy::KeepOneof { oneof } => write!(f, "keep oneof `{oneof}`"),

            Remedy::Renumber { name, number, now, reserved, .. } => {
                let reserved =
                    if *reserved { format!(", and take {number} out of `reserved`") } else { String::new() };
                write!(f, "give `{name}` its number {number} back (it is {now} now){reserved}")
            }
            Remedy::SwapBack { one, other, .. } => write!(
                f,
                "give the names their numbers back: `{} = {}`, `{} = {}`",
                one.0, one.1, other.0, other.1
            ),
            Remedy::RenumberValues { names, number, .. } => {
                write!(f, "give every name its number back: {}", values(names, *number))
            }
            Remedy::MoveAway { old_name, new_name, number, free, .. } => {
                let free = free.map_or("a new number".to_owned(), |n| n.to_string());
                write!(f, "keep `{old_name} = {number}`, and put `{new_name}` at {free}")
            }
            Remedy::TakeNumber { name, number, free, .. } => write!(
                f,
                "give `{name}` a number that was never used, such as {free}, and reserve {number} again"
            ),
            Remedy::TakeNameAndNumber { name, number, free, .. } => write!(
                f,
                "take a name and a number that were never used, such as {free}, and add `reserved {number}; reserved \"{name}\";` again"
            ),
            Remedy::LeaveNumber { holder, name, number, free, old_name } => write!(
                f,
                "give `{name}` {}, and add `reserved {number}; reserved \"{old_name}\";` to `{}`",
                never_used(*free),
                holder.name
            ),
            // The name is the same, so that reserving it would forbid the field itself.
            Remedy::RestoreType { holder, name, number, free, old_name, old_type } => write!(
                f,
                "make `{name}` `{old_type}` again, or take another name and {} and add `reserved {number}; reserved \"{old_name}\";` to `{}`",
                never_used(*free),
                holder.name
            ),

            Remedy::KeepType { old_type, .. } => write!(f, "keep the type `{old_type}`"),
            Remedy::AddFieldOfType { name, old_type, new_type, free, .. } => write!(
                f,
                "keep `{name}` as `{old_type}` and add a field of type `{new_type}`{}",
                with_number(*free)
            ),
            Remedy::KeepCardinality { name, cardinality, old_type, free, .. } => {
                let was = match cardinality {
                    Cardinality::Repeated => format!("as `repeated {old_type}`"),
                    Cardinality::Map => format!("as `{old_type}`"),
                    other => format!("as a single `{old_type}` ({})", other.as_str()),
                };
                write!(f, "keep `{name}` {was}, and add another field{}", with_number(*free))
            }
            Remedy::KeepRequired { name, keyword: true, .. } => {
                write!(f, "keep the `required` keyword on `{name}`")
            }
            Remedy::KeepRequired { name, keyword: false, .. } => write!(f, "keep the feature on `{name}`"),
            Remedy::KeepDefault { name, value: Some(value), .. } => {
                write!(f, "write `[default = {value}]` on `{name}`")
            }
            Remedy::KeepDefault { name, value: None, .. } => {
                write!(f, "take the `default` of `{name}` out again")
            }
            Remedy::LeaveOutside { name, free, .. } => {
                write!(f, "leave `{name}` outside, and put a new field{} into the oneof", with_number(*free))
            }
            Remedy::LeaveInOneof { name, oneof, .. } => write!(f, "leave `{name}` in oneof `{oneof}`"),
            Remedy::Packed { name, packed, .. } => write!(f, "write `[packed = {packed}]` on `{name}`"),
            Remedy::KeepEnumType { closed, .. } => {
                let kind = if *closed { "CLOSED" } else { "OPEN" };
                write!(f, "keep the enum as it was; an edition says `option features.enum_type = {kind};`")
            }
            Remedy::AddMethodBeside { method } => {
                write!(f, "keep `{method}` as it was and add a method beside it")
            }
            Remedy::Idempotency { level, .. } => write!(f, "set `option idempotency_level = {level};` again"),

            Remedy::Advice(sentence) => f.write_str(sentence),
        }
    }
}

fn ranges(holder: &Holder, list: &[Range]) -> String {
    list.iter().map(|r| range_text(holder.is_enum, *r)).collect::<Vec<_>>().join(", ")
}

fn values(names: &[Box<str>], number: i32) -> String {
    names.iter().map(|n| format!("`{n} = {number};`")).collect::<Vec<_>>().join(", ")
}

fn with_number(free: Option<i32>) -> String {
    free.map_or(String::new(), |n| format!(" with number {n}"))
}

fn never_used(free: Option<i32>) -> String {
    free.map_or("a number that was never used".to_owned(), |n| format!("the number {n}"))
}
