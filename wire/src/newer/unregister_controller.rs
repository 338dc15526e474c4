//! UnregisterController (API 94): the cluster forgets the registration of a controller that is gone.

use crate::records::schema::structs;

structs! {
    /// Asks the active controller; brokers pass it on.
    struct UnregisterControllerRequest {
        /// The controller.
        controller_id: i32;
    }

    /// What became of it.
    struct UnregisterControllerResponse {
        /// How long the answer was held back for a quota, milliseconds.
        throttle_time_ms: i32;
        /// Kafka's error; 0 for none.
        error_code: i16;
        /// The error in words.
        error_message: Option<String>;
    }
}

super::messages!(UnregisterControllerRequest UnregisterControllerResponse);
