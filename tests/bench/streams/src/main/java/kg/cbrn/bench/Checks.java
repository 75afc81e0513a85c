package kg.cbrn.bench;

import java.time.OffsetDateTime;
import java.util.Map;
import java.util.Set;

/** What JSON Schema asks of a value beyond its type; `Model`, made from the schemas, calls it for each field. */
final class Checks {
  static final class Invalid extends RuntimeException {
    Invalid(String what) {
      super(what, null, false, false);
    }
  }

  /** Units of one quantity, and whether it may be below zero. */
  record Scale(Set<String> units, boolean signed) {}

  static void ok(boolean holds, String what) {
    if (!holds) throw new Invalid(what);
  }

  static void length(String text, int least, int most, String what) {
    ok(text.length() >= least && text.length() <= most, what);
  }

  static void within(double number, double least, double most, String what) {
    ok(number >= least && number <= most, what);
  }

  /** As the pattern of a line of text: no control characters. */
  static void line(String text, String what) {
    for (int i = 0, n = text.length(); i < n; i++) {
      char c = text.charAt(i);
      if (c < 0x20 || c == 0x7f) throw new Invalid(what);
    }
  }

  /** As the pattern of a text of several lines: of the control characters tab and line feed alone. */
  static void prose(String text, String what) {
    for (int i = 0, n = text.length(); i < n; i++) {
      char c = text.charAt(i);
      if (c < 0x20 && c != '\t' && c != '\n' || c == 0x7f) throw new Invalid(what);
    }
  }

  /** As the pattern of an identifier: Latin letters, digits and ._:/#- */
  static void identifier(String text, String what) {
    for (int i = 0, n = text.length(); i < n; i++) {
      char c = text.charAt(i);
      boolean fits = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '-' && c <= ':' || c == '_' || c == '#';
      if (!fits) throw new Invalid(what);
    }
  }

  static void year(OffsetDateTime time, String what) {
    int year = time.getYear();
    ok(year >= 1900 && year < 2200, what);
  }

  static void unit(Map<String, Scale> scales, String quantity, String unit, double value) {
    Scale scale = scales.get(quantity);
    if (scale != null) ok(scale.units().contains(unit) && (value >= 0 || scale.signed()), "unit");
  }

  private Checks() {}
}
