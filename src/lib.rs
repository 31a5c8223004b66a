//! oc-tekton-fix.
