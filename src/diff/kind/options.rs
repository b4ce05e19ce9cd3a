//! Kinds of changes that every element can have: deprecation, and options without a kind of their own.

use super::facts::{Facts, Id, Place, Shown, no_more, no_remedy, no_rule, once};
use super::wording::{either, few_names, short};
use super::{Kind, OptionText};
use crate::diff::{Change, Cx, Remedy};
use crate::schema::{Element, Meaning, Schema};
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

pub(super) static GENERATOR_FEATURES_CHANGED: Facts = Facts {
    id: Id::OfNoun("features-changed"),
    nature: Nature::Option,
    place: |_| Place::Elements,
    says: |change, cx| {
        let element = either(change, cx);
        let parts: Vec<String> = features(change, cx)
            .into_iter()
            .map(|(name, was, now)| format!("`{name}` `{was}`, is now `{now}`"))
            .collect();
        format!("{element} had the feature {}", parts.join(" and "))
    },
    among: once,
    apart: |change, cx| format!("{:?}", features(change, cx)),
    whole: false,
    rule: |_, _| Some("OPTION_SAME_VALUE"),
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static VISIBILITY_CHANGED: Facts = Facts {
    id: Id::OfNoun("visibility-changed"),
    nature: Nature::Changed,
    place: |change| match change.old {
        Some(Element::File(_)) => Place::Written(&[&[8, 50, 8], &[8, 50], &[12], &[14]]),
        _ => Place::WrittenOf { message: &[&[11]], enum_: &[&[6]] },
    },
    says: |change, cx| {
        let Kind::VisibilityChanged { hidden, shown } = &change.kind else { return either(change, cx) };
        let element = either(change, cx);
        match change.old {
            Some(Element::File(_)) => {
                let part = |names: &[Box<str>], what: &str| {
                    (!names.is_empty()).then(|| format!("{what} {}", few_names(names)))
                };
                let parts = [part(hidden, "hides"), part(shown, "exports")];
                let parts: Vec<String> = parts.into_iter().flatten().collect();
                format!("{element} now {} for files of others", parts.join(" and "))
            }
            _ if hidden.is_empty() => format!("{element} is now exported"),
            _ => format!("{element} is now local to its file"),
        }
    },
    among: once,
    apart: |change, _| match &change.kind {
        Kind::VisibilityChanged { hidden, shown } => format!("{hidden:?} {shown:?}"),
        _ => String::new(),
    },
    whole: false,
    rule: |change, _| match &change.kind {
        Kind::VisibilityChanged { hidden, .. } if !hidden.is_empty() => Some("FILE_SAME_VISIBILITY"),
        _ => None,
    },
    remedy: |change, _| match &change.kind {
        Kind::VisibilityChanged { hidden, .. } if !hidden.is_empty() => {
            Some(Remedy::Advice("write `export` in front of what files of others use".to_owned()))
        }
        _ => None,
    },
    shown: Shown::Nothing,
};

/// The features that differ between the two sides, each with both values.
fn features(change: &Change, cx: &Cx<'_>) -> Vec<(&'static str, &'static str, &'static str)> {
    let side = |schema: &Schema, element: Option<Element>| {
        element.map(|e| schema.generator_features(e)).unwrap_or_default().named()
    };
    let (was, now) = (side(cx.old, change.old), side(cx.new, change.new));
    was.into_iter().zip(now).filter(|(a, b)| a != b).map(|(a, b)| (a.0, a.1, b.1)).collect()
}
