//! The kinds of findings in a manifest: one row each (docs/lint.md has a section for each).

macro_rules! kinds {
    ($($variant:ident: $code:literal $id:literal;)*) => {
        /// What kind of mistake a finding is, by its permanent code and id.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Kind {
            $(#[allow(missing_docs, reason = "docs/lint.md has a section for each")] $variant,)*
        }

        impl Kind {
            /// All kinds, in the order of their codes.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// Permanent code, `TKF701` for example.
            pub(crate) const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// Permanent id, `misplaced-field` for example.
            pub(crate) const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id),* }
            }
        }
    };
}

kinds! {
    Unreadable: "TKF700" "unreadable";
    MisplacedField: "TKF701" "misplaced-field";
    WrongVersionField: "TKF702" "wrong-version-field";
    MisspeltField: "TKF703" "misspelt-field";
    UnknownField: "TKF704" "unknown-field";
    RemovedField: "TKF705" "removed-field";
    WrongType: "TKF706" "wrong-type";
    LossyScalar: "TKF707" "lossy-scalar";
    InvalidValue: "TKF708" "invalid-value";
    ConflictingFields: "TKF709" "conflicting-fields";
    MissingField: "TKF710" "missing-field";
    MissingBinding: "TKF711" "missing-binding";
    UndefinedReference: "TKF712" "undefined-reference";
    DependencyCycle: "TKF713" "dependency-cycle";
    DuplicateKey: "TKF714" "duplicate-key";
    DuplicateName: "TKF715" "duplicate-name";
    RemovedFeature: "TKF716" "removed-feature";
    UnservedVersion: "TKF717" "unserved-version";
    FixedName: "TKF718" "fixed-name";
    SharedClaim: "TKF720" "shared-claim";
    TwoClaimsInTask: "TKF721" "two-claims-in-task";
    SinglePodClaim: "TKF722" "single-pod-claim";
    SelectorNotOnAssistant: "TKF723" "selector-not-on-assistant";
    AssistantSecurityContext: "TKF724" "assistant-security-context";
    ValueOutsideRange: "TKF725" "value-outside-range";
}

impl Kind {
    /// The kind of a code or id, upper or lower case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code().eq_ignore_ascii_case(name) || kind.id() == name)
    }
}
