import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.ja.JapaneseTokenizer;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;

/**
 * Writes golden.json: where Lucene's Japanese tokenizer (Kuromoji) sees words in the lines of texts.txt, in its normal and in its search mode.
 * Made with Debian's Lucene 8.7 (see README.md); run as
 *   java -cp "$(ls /usr/share/java/lucene-core-8*.jar /usr/share/java/lucene-analyzers-{common,kuromoji}-8*.jar | paste -sd:)" KuromojiGolden.java
 */
public class KuromojiGolden {
    public static void main(String[] arguments) throws Exception {
        try (PrintStream out = new PrintStream("golden.json", StandardCharsets.UTF_8)) {
            out.print("[");
            String separator = "\n";
            for (String line : Files.readAllLines(Path.of("texts.txt"))) {
                String text = unescape(line);
                out.print(separator + " {\"text\":" + quote(text) + ",\n  \"normal\":" + words(text, JapaneseTokenizer.Mode.NORMAL)
                    + ",\n  \"search\":" + words(text, JapaneseTokenizer.Mode.SEARCH) + "}");
                separator = ",\n";
            }
            out.print("\n]\n");
        }
    }

    /** Start and end of each word in the text, compounds that are split excluded, after the units that Elasticsearch drops beforehand are gone. */
    private static String words(String text, JapaneseTokenizer.Mode mode) throws Exception {
        StringBuilder kept = new StringBuilder();
        List<Integer> offsets = new ArrayList<>();
        for (int i = 0; i < text.length(); i++) {
            int type = Character.getType(text.charAt(i));
            boolean isDropped = type == Character.CONTROL || type == Character.FORMAT || type == Character.PRIVATE_USE || type == Character.SURROGATE;
            if (!isDropped || "\n\r\t".indexOf(text.charAt(i)) >= 0) {
                kept.append(text.charAt(i));
                offsets.add(i);
            }
        }

        List<String> words = new ArrayList<>();
        try (JapaneseTokenizer tokenizer = new JapaneseTokenizer(null, false, true, mode)) {
            tokenizer.setReader(new StringReader(kept.toString()));
            OffsetAttribute offset = tokenizer.getAttribute(OffsetAttribute.class);
            tokenizer.reset();
            while (tokenizer.incrementToken()) {
                words.add("[" + offsets.get(offset.startOffset()) + "," + (offsets.get(offset.endOffset() - 1) + 1) + "]");
            }
        }

        return "[" + String.join(",", words) + "]";
    }

    private static String unescape(String line) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) != '\\') {
                text.append(line.charAt(i));
                continue;
            }

            switch (line.charAt(++i)) {
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    text.append((char) Integer.parseInt(line.substring(i + 1, i + 5), 16));
                    i += 4;
                }
                default -> throw new IllegalArgumentException(line);
            }
        }

        return text.toString();
    }

    private static String quote(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            int type = Character.getType(unit);
            if (unit == '"' || unit == '\\') {
                json.append('\\').append(unit);
            } else if (unit < ' ' || type == Character.FORMAT || type == Character.PRIVATE_USE || unit == '\u00a0') {
                json.append(String.format("\\u%04x", (int) unit));
            } else {
                json.append(unit);
            }
        }

        return json.append('"').toString();
    }
}
