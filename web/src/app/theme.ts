/** The one place where colours, sizes and component defaults are decided; screens use tokens only. */
import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  Menu,
  Modal,
  Tooltip,
} from "@mantine/core";

const gray: MantineColorsTuple = [
  "#fafafb",
  "#f4f4f6",
  "#eaeaee",
  "#dedee4",
  "#cacad3",
  "#a6a7b4",
  "#777986",
  "#5b5d69",
  "#3b3d47",
  "#202127",
];

const dark: MantineColorsTuple = [
  "#e3e4e9",
  "#b9bbc6",
  "#9b9eac",
  "#767987",
  "#3d404b",
  "#2f323b",
  "#23252d",
  "#181a20",
  "#121318",
  "#0b0c10",
];

export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 8 },
  colors: { gray, dark },
  fontFamily: "Inter, system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.375rem", lineHeight: "1.35" },
      h2: { fontSize: "1.0625rem", lineHeight: "1.4" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.45" },
    },
  },
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  lineHeights: { xs: "1.4", sm: "1.45", md: "1.55", lg: "1.6", xl: "1.6" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "12px", xl: "16px" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    // The tone is in the border and icon; the title must be readable in all of them.
    Alert: Alert.extend({ styles: { label: { color: "var(--mantine-color-text)" } } }),
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    Badge: Badge.extend({ defaultProps: { tt: "none", fw: 500 } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray", size: "lg" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: true } }),
    // It takes the focus, and is nothing that may stand in a menu.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, transitionProps: { duration: 120 } },
      styles: { title: { fontSize: "var(--mantine-h2-font-size)", fontWeight: 600 } },
    }),
  },
});

/** Text tones that keep AA contrast on every surface of both schemes, and the surfaces of the frame. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: { "--atrium-header": "52px", "--atrium-bottom": "60px" },
  light: {
    "--mantine-color-dimmed": "var(--mantine-color-gray-7)",
    "--mantine-color-placeholder": "var(--mantine-color-gray-7)",
    "--mantine-color-text": "var(--mantine-color-gray-9)",
    "--mantine-color-error": "var(--mantine-color-red-9)",
    // White on the shade that the other colours are filled with would be too pale.
    "--mantine-color-red-filled": "var(--mantine-color-red-9)",
    "--mantine-color-red-filled-hover": "color-mix(in srgb, var(--mantine-color-red-9), black 12%)",
    "--mantine-color-anchor": "var(--mantine-color-indigo-8)",
    "--atrium-surface": "var(--mantine-color-white)",
    "--atrium-rail": "var(--mantine-color-gray-0)",
    "--atrium-hover": "var(--mantine-color-gray-1)",
    "--atrium-active": "var(--mantine-color-indigo-0)",
    "--atrium-active-text": "var(--mantine-color-indigo-8)",
    "--atrium-line": "var(--mantine-color-gray-3)",
  },
  dark: {
    "--mantine-color-dimmed": "var(--mantine-color-dark-2)",
    "--mantine-color-placeholder": "var(--mantine-color-dark-2)",
    "--mantine-color-text": "var(--mantine-color-dark-0)",
    "--mantine-color-error": "var(--mantine-color-red-4)",
    "--mantine-color-anchor": "var(--mantine-color-indigo-3)",
    "--atrium-surface": "var(--mantine-color-dark-7)",
    "--atrium-rail": "var(--mantine-color-dark-8)",
    "--atrium-hover": "var(--mantine-color-dark-6)",
    "--atrium-active": "var(--mantine-color-dark-5)",
    "--atrium-active-text": "var(--mantine-color-indigo-2)",
    "--atrium-line": "var(--mantine-color-dark-5)",
  },
});

/** What an organizer or event type may be painted with; names are Mantine's, values go to the server. */
export const BRAND_COLORS = [
  "#4263eb",
  "#1971c2",
  "#0c8599",
  "#2f9e44",
  "#e8590c",
  "#c2255c",
  "#9c36b5",
  "#495057",
] as const;
