//! Macros that several modules share.

/// Defines `get_ref`, `get_mut` and `into_inner` of a middleware service. By default the inner service is the field
/// `inner`. Three expressions set it otherwise: shared, mutable and owned.
macro_rules! define_inner_service_accessors {
    () => {
        define_inner_service_accessors!(self => self.inner, self.inner, self.inner);
    };
    ($self:ident => $shared:expr, $mutable:expr, $owned:expr) => {
        /// Returns a reference to the inner service.
        pub fn get_ref(&$self) -> &S {
            &$shared
        }

        /// Returns a mutable reference to the inner service.
        pub fn get_mut(&mut $self) -> &mut S {
            &mut $mutable
        }

        /// Consumes `self`, returning the inner service.
        pub fn into_inner($self) -> S {
            $owned
        }
    };
}
