// SPDX-License-Identifier: Apache-2.0
package dev.tarn.amqp;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * A condition made at random, as text for the server, and what SQL-92 and Jakarta Messaging §3.8.1 say of it, found by walking it
 * and nothing else.
 *
 * @param value of a message with these values, by name; null for unknown
 */
record RandomSelector(String text, Value value) {

    /** What a part stands for. */
    interface Value {
        Object of(Map<String, Object> message);
    }

    private static final String[] NAMES = {"temp", "room", "level", "tag", "missing", "open"};
    private static final String[] TEXTS = {"'a'", "'b'", "'ab'", "'it''s'", "'5'", "''", "'a_%'"};
    private static final String[] NUMBERS = {"0", "5", "21", "21.5", "1e1", "-3"};
    private static final String[] PATTERNS = {"'a%'", "'_'", "'%b%'", "'a'", "'%'", "'a!_!%'", "''"};
    private static final String[] COMPARED = {"=", "<>", "<", "<=", ">", ">="};

    /** Whether the condition is true. */
    boolean takes(Map<String, Object> message) {
        return Boolean.TRUE.equals(value.of(message));
    }

    static RandomSelector make(Random random) {
        return condition(random, 3);
    }

    private static RandomSelector condition(Random random, int depth) {
        int sort = random.nextInt(depth > 0 ? 9 : 6);
        return switch (sort) {
            case 0 -> isNull(name(random), random.nextBoolean());
            case 1 -> in(random);
            case 2 -> like(random);
            case 3 -> between(random);
            case 6 -> not(condition(random, depth - 1));
            case 7 -> joined("AND", condition(random, depth - 1), condition(random, depth - 1));
            case 8 -> joined("OR", condition(random, depth - 1), condition(random, depth - 1));
            default -> compared(random);
        };
    }

    private static RandomSelector name(Random random) {
        String name = NAMES[random.nextInt(NAMES.length)];
        return new RandomSelector(name, message -> message.get(name));
    }

    private static RandomSelector literal(Random random) {
        int sort = random.nextInt(5);
        if (sort == 0) {
            boolean truth = random.nextBoolean();
            return new RandomSelector(truth ? "TRUE" : "false", message -> truth);
        }
        if (sort < 3) {
            String text = TEXTS[random.nextInt(TEXTS.length)];
            String plain = plain(text);
            return new RandomSelector(text, message -> plain);
        }
        String text = NUMBERS[random.nextInt(NUMBERS.length)];
        BigDecimal number = new BigDecimal(text);
        return new RandomSelector(text, message -> number);
    }

    private static String plain(String quoted) {
        return quoted.substring(1, quoted.length() - 1).replace("''", "'");
    }

    private static RandomSelector operand(Random random) {
        return random.nextInt(3) == 0 ? literal(random) : name(random);
    }

    private static RandomSelector isNull(RandomSelector name, boolean negated) {
        return new RandomSelector(
                name.text() + (negated ? " IS NOT NULL" : " is null"),
                message -> (name.value().of(message) == null) != negated);
    }

    private static RandomSelector in(Random random) {
        RandomSelector name = name(random);
        boolean negated = random.nextBoolean();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
            texts.add(TEXTS[random.nextInt(TEXTS.length)]);
        }
        List<String> plain = texts.stream().map(RandomSelector::plain).toList();
        return new RandomSelector(
                name.text() + (negated ? " NOT IN (" : " IN (") + String.join(", ", texts) + ")", message -> {
                    Object value = name.value().of(message);
                    return value == null ? null : plain.stream().anyMatch(value::equals) != negated;
                });
    }

    private static RandomSelector like(Random random) {
        RandomSelector name = name(random);
        boolean negated = random.nextBoolean();
        String pattern = PATTERNS[random.nextInt(PATTERNS.length)];
        StringBuilder expression = new StringBuilder();
        String plain = plain(pattern);
        for (int i = 0; i < plain.length(); i++) {
            char each = plain.charAt(i);
            if (each == '!') {
                expression.append(Pattern.quote(String.valueOf(plain.charAt(++i))));
            } else {
                expression.append(each == '%' ? ".*" : each == '_' ? "." : Pattern.quote(String.valueOf(each)));
            }
        }
        Pattern compiled = Pattern.compile(expression.toString(), Pattern.DOTALL);
        return new RandomSelector(
                name.text() + (negated ? " NOT LIKE " : " like ") + pattern + " ESCAPE '!'",
                message -> name.value().of(message) instanceof String text
                        ? (Object) (compiled.matcher(text).matches() != negated)
                        : null);
    }

    private static RandomSelector between(Random random) {
        RandomSelector name = operand(random);
        RandomSelector low = literal(random);
        RandomSelector high = operand(random);
        boolean negated = random.nextBoolean();
        return new RandomSelector(
                name.text() + (negated ? " NOT BETWEEN " : " BETWEEN ") + low.text() + " AND " + high.text(),
                message -> {
                    Object least =
                            compare(">=", name.value().of(message), low.value().of(message));
                    Object most =
                            compare("<=", name.value().of(message), high.value().of(message));
                    Object both = and(least, most);
                    return negated ? not(both) : both;
                });
    }

    private static RandomSelector compared(Random random) {
        RandomSelector left = operand(random);
        RandomSelector right = operand(random);
        String operator = COMPARED[random.nextInt(COMPARED.length)];
        if (random.nextInt(4) == 0) {
            RandomSelector more = operand(random);
            return new RandomSelector(
                    left.text() + " + " + more.text() + " " + operator + " " + right.text(),
                    message -> compare(
                            operator,
                            sum(left.value().of(message), more.value().of(message)),
                            right.value().of(message)));
        }
        return new RandomSelector(
                left.text() + " " + operator + " " + right.text(),
                message -> compare(
                        operator, left.value().of(message), right.value().of(message)));
    }

    private static RandomSelector not(RandomSelector one) {
        return new RandomSelector(
                "NOT (" + one.text() + ")", message -> not(one.value().of(message)));
    }

    private static RandomSelector joined(String word, RandomSelector one, RandomSelector two) {
        boolean all = word.equals("AND");
        return new RandomSelector("(" + one.text() + ") " + word + " (" + two.text() + ")", message -> {
            Object first = one.value().of(message);
            Object second = two.value().of(message);
            return all ? and(first, second) : not(and(not(first), not(second)));
        });
    }

    /** The lesser of two, false before unknown before true. */
    private static Object and(Object one, Object two) {
        if (Boolean.FALSE.equals(one) || Boolean.FALSE.equals(two)) {
            return false;
        }
        return one == null || two == null ? null : (Object) true;
    }

    private static Object not(Object value) {
        return value instanceof Boolean known ? (Object) !known : null;
    }

    private static Object sum(Object one, Object two) {
        return one instanceof BigDecimal first && two instanceof BigDecimal second ? first.add(second) : null;
    }

    private static Object compare(String operator, Object one, Object two) {
        if (one == null || two == null) {
            return null;
        }
        if (one.getClass() != two.getClass()) {
            return operator.equals("=") ? (Object) false : null;
        }
        if (one instanceof BigDecimal first && two instanceof BigDecimal second) {
            int order = first.compareTo(second);
            return switch (operator) {
                case "=" -> order == 0;
                case "<>" -> order != 0;
                case "<" -> order < 0;
                case "<=" -> order <= 0;
                case ">" -> order > 0;
                default -> order >= 0;
            };
        }
        return switch (operator) {
            case "=" -> one.equals(two);
            case "<>" -> !one.equals(two);
            default -> null;
        };
    }
}
