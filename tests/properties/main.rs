//! The fuzz targets as property tests, with a bounded number of cases.

#[path = "../checks/mod.rs"]
mod checks;

use proptest::prelude::*;

fn cases(number: u32) -> ProptestConfig {
    ProptestConfig { cases: number, failure_persistence: None, ..ProptestConfig::default() }
}

macro_rules! properties {
    ($($name:ident: $check:ident, $number:expr, $length:expr;)*) => {$(
        proptest! {
            #![proptest_config(cases($number))]

            #[test]
            fn $name(bytes in prop::collection::vec(any::<u8>(), 0..$length)) {
                checks::$check::check(&bytes);
            }
        }
    )*};
}

properties! {
    the_route_table_finds_what_a_search_finds: routes, 3_000, 300;
    a_query_is_read_as_the_url_standard_has_it: query, 3_000, 300;
    cookies_are_read_as_a_plain_reader_reads_them: cookies, 3_000, 400;
    a_body_is_what_its_content_type_says: content_type, 3_000, 120;
    a_size_is_what_its_digits_say: size, 10_000, 40;
    an_etag_is_fnv_over_utf16: etag, 3_000, 400;
    a_number_has_the_digits_that_javascript_gives_it: numbers, 24, 12;
    any_request_gets_a_valid_response: router, 5_000, 120;
    repeated_headers_are_joined_as_in_node: headers, 3_000, 120;
    json_differences_are_those_of_a_second_reading: json_diff, 3_000, 200;
    the_origin_behind_a_proxy_sees_what_it_should: proxy, 1_000, 80;
    the_proxy_sends_whole_unambiguous_messages: proxy_head, 200, 60;
    any_first_bytes_in_any_pieces_get_whole_responses: connection, 1_000, 80;
    only_a_session_that_was_set_is_read: session, 500, 120;
    a_stream_survives_any_interleaving: stream, 10_000, 60;
}

/// The smallest single of this mantissa is 9.8e-45; one digit, rounded up, is `1e-44`.
#[test]
fn rounded_power_of_ten_has_one_digit() {
    checks::numbers::check(&[224, 0, 0, 0]);
}
