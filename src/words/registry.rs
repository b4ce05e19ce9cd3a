//! Schema registries that have a rule of their own for what is compatible.

/// A schema registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Registry {
    /// Confluent Schema Registry, whose rule Redpanda follows.
    Confluent,
    /// Karapace.
    Karapace,
    /// Apicurio Registry.
    Apicurio,
}

impl Registry {
    /// All of them.
    pub const ALL: [Registry; 3] = [Registry::Confluent, Registry::Karapace, Registry::Apicurio];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Registry::Confluent => "confluent",
            Registry::Karapace => "karapace",
            Registry::Apicurio => "apicurio",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Registry::Confluent => "Confluent",
            Registry::Karapace => "Karapace",
            Registry::Apicurio => "Apicurio",
        }
    }

    /// The registry of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Registry> {
        Registry::ALL.into_iter().find(|registry| registry.as_str() == name)
    }
}
