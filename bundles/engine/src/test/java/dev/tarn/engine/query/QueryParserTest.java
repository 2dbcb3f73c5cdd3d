// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tarn.api.data.Failure;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryParserTest {

    private static void assertMalformed(String query, String message) {
        assertThatThrownBy(() -> QueryParser.parse(query))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.code()).isEqualTo(Failure.Code.MALFORMED))
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
                    a                      ~ at 1 in the query: expected a comparator (= == === != !== =lt=
                    a>5                    ~ at 1 in the query: expected a comparator
                    =5                     ~ at 0 in the query: expected a condition such as price=gt=100, found "="
                    a=1&                   ~ at 4 in the query: expected a condition such as price=gt=100, found the end
                    a=1&&b=2               ~ at 4 in the query: expected a condition such as price=gt=100, found "&"
                    a=1&b=2|c=3            ~ at 7 in the query: & and | in one group
                    (a=1|b=2&c=3)          ~ at 8 in the query: & and | in one group
                    (a=1                   ~ at 4 in the query: expected ) for the group that begins at 0, found the end
                    [a=1)                  ~ at 5 in the query: expected ] for the group that begins at 0, found the end
                    (a=1)b=2               ~ at 5 in the query: expected & or |, found "b"
                    a=foo=1                ~ at 1 in the query: expected a comparator
                    a=in=1                 ~ at 5 in the query: expected ( and the values of =in=, found "1"
                    a=in=(1,2              ~ at 9 in the query: expected , or ), found the end
                    a=%zz                  ~ at 2 in the query: expected two hex digits after %
                    a=%4                   ~ at 2 in the query: expected two hex digits after %
                    a=%ff                  ~ at 2 in the query: what is percent-encoded is not UTF-8
                    limit(1                ~ at 7 in the query: expected ) for the call that begins at 0, found the end
                    limit(9223372036854775808) ~ at 0 in the query: limit(…) takes whole numbers below 10^18
                    limit(3,1)             ~ ends before it starts
                    limit(1)&limit(2)      ~ at 9 in the query: more than one limit(…)
                    a=1|limit(2)           ~ a call is joined by &, not by |
                    limit(2)|a=1           ~ a call is joined by &, not by |
                    (limit(2))             ~ at 1 in the query: limit(…) stands beside the conditions, not in a group
                    order(a)               ~ at 0 in the query: there is no order(…); there are after, aggregate
                    sort()                 ~ expected a name between the commas
                    sort(a,,b)             ~ expected a name between the commas
                    sort(-)                ~ a sign without a property
                    select()               ~ at 7 in the query: expected a property's name, found the end
                    select(a{b)            ~ at 10 in the query: expected , or }, found the end
                    select([a,b)           ~ at 11 in the query: expected , or ], found the end
                    select(a)b             ~ at 9 in the query: expected & or |, found "b"
                    aggregate(median(a))   ~ aggregate(…) takes count(), sum(a), avg(a), min(a) and max(a), not median(a)
                    aggregate(sum())       ~ sum() needs a property
                    group(a)               ~ group(…) needs an aggregate(…)
                    aggregate(count())&select(a) ~ aggregate(…) goes with group, sort and limit
                    explain(x)             ~ explain() takes nothing
                    """)
    void what_cannot_be_read_says_where_and_what_was_expected(String query, String message) {
        assertMalformed(query, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', textBlock = """
                    a=1                      ~ a EQUAL '1
                    a==1                     ~ a EQUAL 1
                    a===1                    ~ a EQUAL '1
                    a!=1                     ~ a DIFFERENT 1
                    a!==1                    ~ a DIFFERENT '1
                    a=ne=1                   ~ a DIFFERENT 1
                    a=GT=1                   ~ a ABOVE 1
                    a==b*                    ~ a STARTS 'b
                    a==b%2A                  ~ a EQUAL b*
                    a=b*                     ~ a EQUAL 'b*
                    a=                       ~ a EQUAL '
                    a=gt5=1                  ~ a EQUAL 'gt5=1
                    a=b+c%26d%3De            ~ a EQUAL 'b+c&d=e
                    a%20b=1                  ~ a b EQUAL '1
                    a=in=(1,2)               ~ a IN 1 2
                    a=in=[1,b%2Cc]           ~ a IN 1 b,c
                    a=gt=1&lt=2              ~ (a ABOVE 1 & a BELOW 2)
                    a=gt=1&b=2&lt=3          ~ (a ABOVE 1 & b EQUAL '2 & lt EQUAL '3)
                    a=1&lt=2                 ~ (a EQUAL '1 & lt EQUAL '2)
                    a=1|b=2|c=3              ~ (a EQUAL '1 | b EQUAL '2 | c EQUAL '3)
                    a=1&(b=2|c=3)            ~ (a EQUAL '1 & (b EQUAL '2 | c EQUAL '3))
                    a=1&[b=2|[c=3&d=4]]      ~ (a EQUAL '1 & (b EQUAL '2 | (c EQUAL '3 & d EQUAL '4)))
                    a=f(x)                   ~ a EQUAL 'f(x)
                    (a=f(x)|b=1)             ~ (a EQUAL 'f(x) | b EQUAL '1)
                    limit(5)&a=1|b=2         ~ (a EQUAL '1 | b EQUAL '2)
                    a=1|b=2&limit(5)         ~ (a EQUAL '1 | b EQUAL '2)
                    limit%285%29&a=1         ~ a EQUAL '1
                    a=1&sort%28-a%2Cb%29     ~ a EQUAL '1
                    """)
    void conditions_are_read(String query, String shown) {
        assertThat(shown(QueryParser.parse(query).where())).isEqualTo(shown);
    }

    private static String shown(Where where) {
        if (where instanceof Where.Compare compare) {
            StringBuilder text = new StringBuilder(compare.property() + " " + compare.operator());
            compare.literals()
                    .forEach(literal ->
                            text.append(' ').append(literal.strict() ? "'" : "").append(literal.text()));
            return text.toString();
        } else if (where instanceof Where.And and) {
            return "("
                    + String.join(
                            " & ",
                            and.parts().stream().map(QueryParserTest::shown).toList()) + ")";
        }
        return "("
                + String.join(
                        " | ",
                        ((Where.Or) where)
                                .parts().stream().map(QueryParserTest::shown).toList())
                + ")";
    }

    @Test
    void calls_are_read() {
        Question question = QueryParser.parse("sort(+a,-b,c)&limit(5,20)&select(a,b{c,d{e}})&explain()");
        assertThat(question.sort())
                .containsExactly(
                        new Question.Order("a", false), new Question.Order("b", true), new Question.Order("c", false));
        assertThat(question.page()).isEqualTo(new Question.Page(5, 15, null));
        assertThat(question.explain()).isTrue();
        assertThat(question.select())
                .hasToString(
                        "Fields[form=OBJECT, fields=[Field[name=a, inner=[]], Field[name=b, inner=[Field[name=c, inner=[]],"
                                + " Field[name=d, inner=[Field[name=e, inner=[]]]]]]]]");
        assertThat(QueryParser.parse("select(a)").select()).extracting("form").isEqualTo(Fields.Form.VALUE);
        assertThat(QueryParser.parse("select(a,)").select()).extracting("form").isEqualTo(Fields.Form.OBJECT);
        assertThat(QueryParser.parse("select([a,b])").select())
                .extracting("form")
                .isEqualTo(Fields.Form.ARRAY);
    }

    @Test
    void what_is_too_much_is_refused_before_it_costs_anything() {
        assertMalformed("(".repeat(1_000) + "a=1" + ")".repeat(1_000), "groups nest at most 64 deep");
        assertMalformed("a=1" + "|a=1".repeat(10_000), "more than 2000 conditions");
        assertMalformed("a=in=(1" + ",1".repeat(10_000) + ")", "more than 2000 conditions");
        assertMalformed("select(" + "a{".repeat(100), "expected ) for the call");
        assertMalformed("select(" + "a{".repeat(100) + "b" + "}".repeat(100) + ")", "nest at most 16 deep");
        assertMalformed("sort(a" + ",a".repeat(10_000) + ")", "more than 1000 names");
    }

    @Test
    void whatever_comes_is_read_or_refused() {
        Random random = new Random(1);
        String alphabet = "ab=!&|()[]{},%2A*+-.:limtsorgeclu 0\u00fc\ud83d\ude00";
        for (int i = 0; i < 50_000; i++) {
            StringBuilder query = new StringBuilder();
            for (int length = random.nextInt(30); length > 0; length--) {
                query.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                assertThat(QueryParser.parse(query.toString())).isNotNull();
            } catch (Failure refused) {
                assertThat(refused.code()).as(query.toString()).isIn(Failure.Code.MALFORMED, Failure.Code.UNSUPPORTED);
            }
        }
    }
}
