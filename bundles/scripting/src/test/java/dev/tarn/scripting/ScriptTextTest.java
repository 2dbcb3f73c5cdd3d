// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScriptTextTest {

    @Test
    void imports_are_found_with_their_lines() {
        ScriptText text = new ScriptText("""
                import './first.js';
                import a, { b } from "two";
                /* import 'not.js';
                */ export * from './three.js';
                // import 'neither.js'
                const said = "it's // no comment"; export { x } from './four.js';
                """);
        assertThat(text.imports())
                .containsExactly(
                        new ScriptText.Imported("./first.js", 1),
                        new ScriptText.Imported("two", 2),
                        new ScriptText.Imported("./three.js", 4),
                        new ScriptText.Imported("./four.js", 6));
    }

    @Test
    void a_call_is_found_but_not_in_comments_or_behind_a_dot() {
        assertThat(new ScriptText("// fetch(1)\nthis.fetch(2);\nawait fetch (3);").lineOf("fetch"))
                .isEqualTo(3);
        assertThat(new ScriptText("const prefetch = 1; prefetch(2); /* fetch(3) */").lineOf("fetch"))
                .isZero();
    }
}
