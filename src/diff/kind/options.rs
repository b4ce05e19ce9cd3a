//! Kinds of changes that every element can have: deprecation, and options without a kind of their own.

use super::facts::{Facts, Id, Place, Shown, no_more, no_remedy, no_rule, once};
use super::wording::{either, short};
use super::{Kind, OptionText};
use crate::schema::Meaning;
use crate::words::Nature;

pub(super) static DEPRECATED: Facts = Facts {
    id: Id::OfNoun("deprecated"),
    nature: Nature::Deprecated,
    place: |_| Place::Elements,
    says: |change, cx| format!("{} is now deprecated", either(change, cx)),
    among: once,
    apart: no_more,
    whole: false,
    rule: no_rule,
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static UNDEPRECATED: Facts = Facts {
    id: Id::OfNoun("undeprecated"),
    nature: Nature::Restored,
    place: |_| Place::Elements,
    says: |change, cx| format!("{} is no longer deprecated", either(change, cx)),
    among: once,
    apart: no_more,
    whole: false,
    rule: no_rule,
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static CHANGED: Facts = Facts {
    id: Id::OfNoun("option-changed"),
    nature: Nature::Option,
    place: |_| Place::Elements,
    says: |change, cx| {
        let element = either(change, cx);
        let Kind::OptionChanged { option, old, new } = &change.kind else { return element };
        match (old, new) {
            (None, Some(b)) => {
                format!("{element} had no option `{option}`, has now `{}`", short(&b.written))
            }
            (Some(a), None) => format!("{element} had the option `{}`, has now none", short(&a.written)),
            (Some(a), Some(b)) => {
                let (a, b) = (short(&a.written), short(&b.written));
                format!("{element} had the option `{a}`, has now `{b}`")
            }
            (None, None) => format!("{element} has another option `{option}`"),
        }
    },
    among: |kind| if let Kind::OptionChanged { option, .. } = kind { Some(option.to_string()) } else { None },
    apart: |change, _| match &change.kind {
        Kind::OptionChanged { option, old, new } => {
            let raw = |side: &Option<OptionText>| side.as_ref().map(|o| o.raw.clone());
            format!("{option} {:?} {:?}", raw(old), raw(new))
        }
        _ => String::new(),
    },
    whole: false,
    rule: |change, _| {
        Some(match change.meaning() {
            Some(Meaning::Http) => "RPC_SAME_HTTP_BINDING",
            Some(Meaning::Validation) => "OPTION_SAME_VALIDATION",
            None => "OPTION_SAME_VALUE",
        })
    },
    remedy: no_remedy,
    shown: Shown::Nothing,
};
