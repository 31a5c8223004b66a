//! The incident.
