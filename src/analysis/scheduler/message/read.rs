//! Reads the message back.
