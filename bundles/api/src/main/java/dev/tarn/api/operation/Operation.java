// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.operation;

import dev.tarn.api.resource.Context;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ConsumerType;

/** A management verb, offered over HTTP, the command line and the console. */
@ConsumerType
public interface Operation {
    /** Lower case words joined by underscores, unique on the node. */
    String name();

    /** Does it; never blocks the caller. Fails with a {@link dev.tarn.api.data.Failure}. */
    CompletionStage<Map<String, Object>> run(Context context, Map<String, Object> arguments);

    /** Whether it may change anything; then it is run only once the audit trail has it for good. */
    default boolean changes() {
        return true;
    }
}
