//! The currencies that there are, by their three letters, and the smallest unit that amounts of each are paid in.
//!
//! In: a currency and perhaps an exact amount. Out: whether there is such a currency, and the amount as it is billed. Unit costs and
//! average prices are no amounts: they keep their four places.

use crate::decimal::Decimal;

/// Currencies of ISO 4217 as of 2026, and those that went out of use since 2015, in which old contracts still are.
const CODES: &str = "\
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP \
    COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD \
    JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN \
    NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS \
    TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XDR XOF XPF XSU XUA YER ZAR ZMW ZWG \
    ANG BYR CUC HRK LTL MRO SLL STD VEF ZWL";

/// Currencies that are not divided (ISO 4217).
const WHOLE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
/// Currencies divided by a thousand.
const THOUSANDTHS: &str = "BHD IQD JOD KWD LYD OMR TND";
/// Units of account divided by ten thousand.
const TEN_THOUSANDTHS: &str = "CLF UYW";

/// Whether this is a currency, in capital letters.
pub(crate) fn is_currency(code: &str) -> bool {
    CODES.split(' ').any(|known| known == code)
}

/// Digits behind the point of amounts of a currency: two of most; four, which is all that there are, where no currency is said.
#[must_use]
pub fn minor_digits(code: &str) -> u32 {
    let is_in = |list: &str| list.split(' ').any(|known| known == code.trim());
    if is_in(WHOLE) {
        0
    } else if is_in(THOUSANDTHS) {
        3
    } else if is_in(TEN_THOUSANDTHS) || code.trim().is_empty() {
        4
    } else {
        2
    }
}

/// An amount in the smallest unit of its currency, a half away from zero. Lines are rounded, sums are not: they add up.
#[must_use]
pub fn to_minor_unit(amount: Decimal, code: &str) -> Decimal {
    amount.to_places(minor_digits(code))
}

/// An amount as people read it: in the smallest unit of its currency with all its places, such as `3700.00`. Without a currency as
/// exact as it is.
#[must_use]
pub fn written(amount: Decimal, code: &str) -> String {
    padded(to_minor_unit(amount, code), code)
}

/// The price of one right as people read it: exact, with all the places of its currency at least.
#[must_use]
pub fn priced(price: Decimal, code: &str) -> String {
    padded(price, code)
}

fn padded(amount: Decimal, code: &str) -> String {
    let text = amount.to_string();
    let wanted = if code.trim().is_empty() { 0 } else { minor_digits(code) as usize };
    let places = text.split_once('.').map_or(0, |(_, places)| places.len());
    match wanted.saturating_sub(places) {
        0 => text,
        missing => format!("{text}{}{}", if places == 0 { "." } else { "" }, "0".repeat(missing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_those_of_the_standard() {
        for code in CODES.split(' ') {
            assert!(code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()), "{code:?}");
        }
        for (code, expected) in [
            ("EUR", true),
            ("JPY", true),
            ("ZWG", true),
            ("HRK", true),
            ("XXQ", false),
            ("EU", false),
            ("", false),
            ("eur", false),
        ] {
            assert_eq!(is_currency(code), expected, "{code}");
        }
        for code in [WHOLE, THOUSANDTHS, TEN_THOUSANDTHS].iter().flat_map(|list| list.split(' ')) {
            assert!(is_currency(code), "{code}");
        }
    }

    #[test]
    fn amounts_are_written_with_all_their_places() {
        for (amount, code, expected) in [
            ("3700", "EUR", "3700.00"),
            ("319.2", "EUR", "319.20"),
            ("319.255", "EUR", "319.26"),
            ("-5", "USD", "-5.00"),
            ("0", "EUR", "0.00"),
            ("1234.5", "JPY", "1235"),
            ("1.2", "KWD", "1.200"),
            ("1.2351", "", "1.2351"),
            ("7", " ", "7"),
        ] {
            assert_eq!(written(amount.parse().unwrap(), code), expected, "{amount} {code}");
        }
        for (price, expected) in [("10", "10.00"), ("0.0033", "0.0033"), ("1.5", "1.50")] {
            assert_eq!(priced(price.parse().unwrap(), "EUR"), expected);
        }
    }

    #[test]
    fn amounts_are_in_the_smallest_unit() {
        for (amount, code, expected) in [
            ("2200.055", "EUR", "2200.06"),
            ("2200.0549", "EUR", "2200.05"),
            ("-0.005", "EUR", "-0.01"),
            ("1234.5", "JPY", "1235"),
            ("1.2345", "KWD", "1.235"),
            ("1.2345", "CLF", "1.2345"),
            ("1.2351", "", "1.2351"),
            ("1.2", " JPY ", "1"),
        ] {
            assert_eq!(to_minor_unit(amount.parse().unwrap(), code).to_string(), expected, "{amount} {code}");
        }
    }
}
