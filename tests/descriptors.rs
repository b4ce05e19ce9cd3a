//! The built-in compiler gives what protoc gives, descriptor by descriptor, source info included.
