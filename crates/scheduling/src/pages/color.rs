//! The organizer's colour, moved as far as it must be to read well on the page (WCAG 2.2, 1.4.3).

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Color([u8; 3]);

// The page behind text and cards, as pages.css has them; a test holds the two together.
const LIGHT: [Color; 2] = [Color([0xff, 0xff, 0xff]), Color([0xf6, 0xf7, 0xf9])];
const DARK: [Color; 2] = [Color([0x12, 0x14, 0x18]), Color([0x1b, 0x1e, 0x24])];
const WHITE: Color = Color([0xff; 3]);
/// AA for text of normal size.
const ENOUGH: f64 = 4.5;

impl Color {
    pub const BLACK: Self = Self([0; 3]);

    /// `0066cc`, without the sign.
    pub fn parse(digits: &str) -> Option<Self> {
        let mut bytes = [0; 3];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Relative luminance, 0 to 1.
    fn luminance(self) -> f64 {
        let linear = |byte: u8| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// `percent` of `other` in it.
    fn mixed(self, other: Self, percent: u32) -> Self {
        let mut bytes = [0; 3];
        for (at, byte) in bytes.iter_mut().enumerate() {
            let sum = u32::from(self.0[at]) * (100 - percent) + u32::from(other.0[at]) * percent;
            *byte = u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX);
        }
        Self(bytes)
    }

    /// The nearest mix with `towards` that reads well on all of `grounds`.
    fn readable_on(self, grounds: &[Self], towards: Self) -> Self {
        let reads = |color: &Self| grounds.iter().all(|ground| color.contrast(*ground) >= ENOUGH);
        (0..=100).map(|percent| self.mixed(towards, percent)).find(reads).unwrap_or(towards)
    }

    /// Darkened until it reads on the light page, and so does white on it.
    pub fn on_light(self) -> Self {
        self.readable_on(&LIGHT, Self::BLACK)
    }

    /// Lightened until it reads on the dark page, and so does the dark page's colour on it.
    pub fn on_dark(self) -> Self {
        self.readable_on(&DARK, WHITE)
    }
}

impl std::fmt::Display for Color {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}", hex::encode(self.0))
    }
}

/// A stylesheet that sets `--brand`, `--on-brand` (text upon it) and `--brand-tint` (behind normal text) for both
/// schemes.
pub(super) fn stylesheet(brand: Color) -> String {
    let (light, dark) = (brand.on_light(), brand.on_dark());
    let ([page, _], [dark_page, _]) = (LIGHT, DARK);
    format!(
        ":root{{--brand:{light};--on-brand:{page};--brand-tint:{}}}\n@media(prefers-color-scheme:dark){{:root{{--brand:{dark};--on-brand:{dark_page};--brand-tint:{}}}}}\n",
        page.mixed(light, 10),
        dark_page.mixed(dark, 18),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: (Color, Color) = (Color([0x1a, 0x1d, 0x23]), Color([0xec, 0xee, 0xf2]));

    #[test]
    fn contrast_as_the_standard_has_it() {
        assert!((WHITE.contrast(Color::BLACK) - 21.0).abs() < 1e-9);
        assert!((WHITE.contrast(WHITE) - 1.0).abs() < 1e-9);
        // A grey known to be just enough on white, and the next that is not.
        assert!(Color([0x76; 3]).contrast(WHITE) >= 4.5);
        assert!(Color([0x77; 3]).contrast(WHITE) < 4.5);
    }

    #[test]
    fn any_colour_reads_in_both_schemes() {
        for red in (0..=255).step_by(15) {
            for green in (0..=255).step_by(15) {
                for blue in (0..=255).step_by(15) {
                    let brand = Color([red, green, blue]);
                    for ground in LIGHT {
                        assert!(brand.on_light().contrast(ground) >= ENOUGH, "{brand}");
                    }
                    for ground in DARK {
                        assert!(brand.on_dark().contrast(ground) >= ENOUGH, "{brand}");
                    }
                    assert!(INK.0.contrast(LIGHT[0].mixed(brand.on_light(), 10)) >= ENOUGH);
                    assert!(INK.1.contrast(DARK[0].mixed(brand.on_dark(), 18)) >= ENOUGH);
                }
            }
        }
    }

    #[test]
    fn a_colour_that_reads_already_stays() {
        let blue = Color::parse("0066cc").expect("a colour");
        assert_eq!(blue.on_light(), blue);
        assert_ne!(Color::parse("ffee00").expect("a colour").on_light().to_string(), "#ffee00");
    }

    #[test]
    fn colours_from_an_address() {
        for bad in ["", "06c", "0066ccff", "0066cg", "#0066c", "}*{x:y", "００６６"] {
            assert_eq!(Color::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_stylesheet_has_the_same_grounds_and_ink() {
        let css = include_str!("pages.css");
        for color in [LIGHT[0], LIGHT[1], DARK[0], DARK[1], INK.0, INK.1] {
            assert!(css.contains(&format!(":{color};")), "{color}");
        }
    }
}
