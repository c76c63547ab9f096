//! The client's address behind proxies.

use super::RemoteAddr;
use http::{Extensions, HeaderMap};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The proxies in front of a server whose `X-Forwarded-For` is believed.
///
/// Each proxy appends the address of its own client, so only the entries that trusted proxies have written are
/// reliable: a client can send the others itself. [`ApiRequest::client_addr`](crate::ApiRequest::client_addr) and
/// [`Proxy::remote_addr_from`](crate::Proxy::remote_addr_from) take a value of this type, or what it is made from: a
/// number of proxies, or their addresses.
///
/// ```
/// use tower_api_routes::TrustedProxies;
///
/// let one = TrustedProxies::hops(1); // one load balancer, which every request comes through
/// let known = TrustedProxies::networks(["10.0.0.0/8", "fd00::/8", "127.0.0.1"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxies(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Hops(usize),
    Networks(Box<[Network]>),
}

/// An address, and the number of its leading bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network(IpAddr, u8);

impl TrustedProxies {
    /// Trusts this number of proxies, which every request passes. Without proxies, 0, the client's address is that of
    /// the connection.
    pub const fn hops(number: usize) -> Self {
        Self(Kind::Hops(number))
    }

    /// Trusts the proxies with these addresses, or in these networks: `10.0.0.0/8`.
    ///
    /// # Panics
    ///
    /// Panics if a text is neither. [`try_networks`](Self::try_networks) returns a `Result`.
    #[track_caller]
    pub fn networks<T: AsRef<str>>(networks: impl IntoIterator<Item = T>) -> Self {
        match Self::try_networks(networks) {
            Ok(trusted) => trusted,
            Err(error) => panic!("{error}"),
        }
    }

    /// Trusts the proxies with these addresses or in these networks, as [`networks`](Self::networks) does.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first text that is neither.
    pub fn try_networks<T: AsRef<str>>(
        networks: impl IntoIterator<Item = T>,
    ) -> Result<Self, TrustedProxiesError> {
        let parse = |text: T| {
            let text = text.as_ref();
            Network::parse(text).ok_or_else(|| TrustedProxiesError(text.into()))
        };
        let networks: Result<_, _> = networks.into_iter().map(parse).collect();
        networks.map(|networks| Self(Kind::Networks(networks)))
    }

    /// Returns the client's address: the last one that no trusted proxy has. `None` if it is unknown.
    pub(crate) fn client_addr(&self, headers: &HeaderMap, extensions: &Extensions) -> Option<IpAddr> {
        let peer =
            extensions.get().copied().and_then(RemoteAddr::socket_addr).map(|peer| peer.ip().to_canonical());
        let values = headers.get_all("x-forwarded-for").iter().rev();
        let entries = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        let mut addresses = std::iter::once(peer).chain(entries.map(parse));
        match &self.0 {
            Kind::Hops(number) => {
                // A request may have come by a shorter way: the first address is then the client's.
                let mut last = addresses.next()?;
                for address in addresses.take(*number) {
                    last = address;
                }
                last
            }
            Kind::Networks(networks) => {
                let is_trusted = |address: IpAddr| networks.iter().any(|network| network.contains(address));
                let mut last = None;
                for address in addresses {
                    last = Some(address?);
                    if last.is_some_and(|address| !is_trusted(address)) {
                        break;
                    }
                }
                last
            }
        }
    }

    /// Returns whether the connection is that of a trusted proxy.
    #[cfg(feature = "proxy")]
    pub(crate) fn is_peer(&self, extensions: &Extensions) -> bool {
        match &self.0 {
            Kind::Hops(number) => *number > 0,
            Kind::Networks(networks) => {
                let peer = extensions.get().copied().and_then(RemoteAddr::socket_addr);
                let peer = peer.map(|peer| peer.ip().to_canonical());
                peer.is_some_and(|peer| networks.iter().any(|network| network.contains(peer)))
            }
        }
    }
}

impl From<usize> for TrustedProxies {
    fn from(hops: usize) -> Self {
        Self::hops(hops)
    }
}

impl<const N: usize> From<[IpAddr; N]> for TrustedProxies {
    fn from(addresses: [IpAddr; N]) -> Self {
        Self::from(&addresses[..])
    }
}

impl From<&[IpAddr]> for TrustedProxies {
    fn from(addresses: &[IpAddr]) -> Self {
        let network = |address: &IpAddr| Network(address.to_canonical(), 128);
        Self(Kind::Networks(addresses.iter().map(network).collect()))
    }
}

impl From<&TrustedProxies> for TrustedProxies {
    fn from(trusted: &TrustedProxies) -> Self {
        trusted.clone()
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |bits| bits.parse().ok().filter(|bits| *bits <= most))?;
        Some(Self(address, bits))
    }

    fn contains(self, address: IpAddr) -> bool {
        let Self(network, bits) = self;
        // Both as 128 bits, with those of IPv4 in front.
        let number = |address: IpAddr| match address {
            IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
            IpAddr::V6(address) => address.to_bits(),
        };
        let differ = number(network) ^ number(address);
        network.is_ipv4() == address.is_ipv4() && (bits == 0 || differ >> (128 - bits) == 0)
    }
}

/// Parses an entry of `X-Forwarded-For`: an address, which may have a port.
fn parse(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let address = entry.parse::<IpAddr>().ok();
    let address = address.or_else(|| Some(entry.parse::<SocketAddr>().ok()?.ip()));
    let bracketed = || entry.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    address.or_else(bracketed).map(|address| address.to_canonical())
}

/// Error returned when a text is neither an address nor a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedProxiesError(Box<str>);

impl fmt::Display for TrustedProxiesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is neither an address nor a network: write \"10.0.0.7\" or \"10.0.0.0/8\"", self.0)
    }
}

impl std::error::Error for TrustedProxiesError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_entries_of_trusted_proxies_count() {
        let networks = || TrustedProxies::networks(["10.0.0.0/8", "fd00::/8"]);
        // The trust, the connection's address, the lines of `X-Forwarded-For`, and the client's address.
        let cases: [(TrustedProxies, &str, &[&str], &str); 20] = [
            (0.into(), "10.0.0.1:9", &["1.1.1.1"], "10.0.0.1"),
            (0.into(), "", &["1.1.1.1"], "-"),
            (1.into(), "10.0.0.1:9", &["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
            (1.into(), "10.0.0.1:9", &["6.6.6.6", "1.1.1.1"], "1.1.1.1"),
            (1.into(), "", &["6.6.6.6,1.1.1.1"], "1.1.1.1"),
            (1.into(), "10.0.0.1:9", &[], "10.0.0.1"),
            (1.into(), "10.0.0.1:9", &["1.1.1.1, unknown"], "-"),
            (2.into(), "10.0.0.1:9", &["6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1"),
            (9.into(), "10.0.0.1:9", &["1.1.1.1"], "1.1.1.1"),
            (1.into(), "10.0.0.1:9", &["1.1.1.1:55"], "1.1.1.1"),
            (1.into(), "10.0.0.1:9", &["[2001:db8::1]:55"], "2001:db8::1"),
            (1.into(), "10.0.0.1:9", &["[2001:db8::1]"], "2001:db8::1"),
            (1.into(), "10.0.0.1:9", &["::ffff:1.1.1.1"], "1.1.1.1"),
            (networks(), "[::ffff:10.0.0.1]:9", &["6.6.6.6, 1.1.1.1, 10.9.9.9"], "1.1.1.1"),
            (networks(), "9.9.9.9:9", &["1.1.1.1"], "9.9.9.9"),
            (networks(), "10.0.0.1:9", &["10.0.0.2"], "10.0.0.2"),
            (networks(), "10.0.0.1:9", &["1.1.1.1, _hidden"], "-"),
            (networks(), "[fd00::7]:9", &["1.1.1.1"], "1.1.1.1"),
            (networks(), "", &["1.1.1.1"], "-"),
            ([IpAddr::from([10, 0, 0, 1])].into(), "10.0.0.1:9", &["1.1.1.1"], "1.1.1.1"),
        ];
        for (trusted, peer, lines, expected) in cases {
            let (mut headers, mut extensions) = (HeaderMap::new(), Extensions::new());
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            if let Ok(peer) = peer.parse::<SocketAddr>() {
                extensions.insert(RemoteAddr::from(peer));
            }
            let found = trusted.client_addr(&headers, &extensions);
            let found = found.map_or_else(|| "-".into(), |address| address.to_string());
            assert_eq!(found, expected, "{trusted:?} {peer} {lines:?}");
        }
    }

    #[test]
    fn networks_are_addresses_with_a_length() {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.7", "10.0.0.7", true),
            ("10.0.0.7", "10.0.0.8", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
        ];
        for (network, address, expected) in cases {
            let network = Network::parse(network).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), expected, "{network:?} {address}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0/8", "example.com", "10.0.0.0/-1", "::/129"] {
            let error = TrustedProxies::try_networks([text]).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
