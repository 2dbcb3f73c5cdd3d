// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import java.io.IOException;
import java.util.Set;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Makes logic of the code in an application's folder. Registered as a service; whoever deploys asks every language about
 * every folder. Called on the thread that deploys, where it may block.
 */
@ConsumerType
public interface Language {

    /** Such as {@code java}, for the log. */
    String name();

    /** Sections of config.yaml that it understands; others are told to be unknown. */
    default Set<String> sections() {
        return Set.of();
    }

    /** Whether there is code of this language. Quick: by the names of the files. */
    boolean takes(Sources sources);

    /**
     * Loads the code and makes it ready to serve, beside the version that serves.
     *
     * @throws dev.tarn.api.data.Failure INVALID with violations that each begin with {@code file:line: }, when the code is wrong
     */
    Program load(Sources sources) throws IOException;
}
