package kg.cbrn.bench;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.module.blackbird.BlackbirdModule;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.function.Function;

/** Jackson as strict as the schemas are: nothing is turned into another type, nothing unheard of is passed over. */
final class Reading {
  static ObjectReader reader() {
    SimpleModule times = new SimpleModule();
    times.addDeserializer(OffsetDateTime.class, new Text<>(OffsetDateTime.class, Reading::moment));
    times.addDeserializer(LocalDate.class, new Text<>(LocalDate.class, LocalDate::parse));
    return JsonMapper.builder()
        .addModule(times)
        .addModule(new BlackbirdModule())
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .withCoercionConfigDefaults(chosen -> chosen
            .setAcceptBlankAsEmpty(false)
            .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail))
        .withCoercionConfig(LogicalType.Textual, chosen -> chosen
            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail)
            .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail))
        .build()
        .readerFor(Model.Incident.class);
  }

  /** RFC 3339 has seconds, where Java does without. */
  private static OffsetDateTime moment(String text) {
    if (text.length() < 20 || text.charAt(16) != ':') throw new DateTimeException("no seconds");
    return OffsetDateTime.parse(text);
  }

  private static final class Text<T> extends StdScalarDeserializer<T> {
    private final transient Function<String, T> read;

    Text(Class<T> type, Function<String, T> read) {
      super(type);
      this.read = read;
    }

    @Override
    public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
      if (!parser.hasToken(JsonToken.VALUE_STRING)) return handled(context.handleUnexpectedToken(_valueClass, parser));
      try {
        return read.apply(parser.getText());
      } catch (DateTimeException error) {
        return handled(context.handleWeirdStringValue(_valueClass, parser.getText(), error.getMessage()));
      }
    }

    @SuppressWarnings("unchecked")
    private T handled(Object instead) {
      return (T) instead;
    }
  }

  private Reading() {}
}
