// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;

/** What is run in every isolate before an application's modules are: files beside this class, parsed once. */
final class Prelude {

    private static final Source WEB = source("web.js");
    private static final Source QUERY = source("query.js");
    private static final Source HARPER = source("harper.js");
    private static final Source RESOURCE = source("resource.js");
    private static final Source MAIN = source("main.js");

    private Prelude() {}

    private static Source source(String name) {
        try (InputStream in = Prelude.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("no " + name + " in the bundle");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            // Each file is a comment and an arrow function.
            return Source.newBuilder(Graal.ID, text, "tarn:" + name)
                    .internal(true)
                    .buildLiteral();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /**
     * Makes the global names, and returns what the host calls.
     *
     * @param made is told of what makes values, as soon as there is that
     */
    static Value run(Context context, Host host, Consumer<Value> made) {
        Object offered = host.members();
        Value web = context.eval(WEB).execute(offered);
        Value query = context.eval(QUERY).execute();
        Value parts = context.eval(HARPER).execute(offered, web, query);
        made.accept(parts);
        Value api = context.eval(RESOURCE).execute(offered, parts);
        return context.eval(MAIN).execute(offered, web, parts, api);
    }
}
