// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/** Runs what applications do by themselves. Safe on any thread, never blocks. */
@ProviderType
public interface Transactions {

    /** What is done in a transaction; again where others were faster. */
    @FunctionalInterface
    interface Work {
        /** On a thread for applications. */
        void in(Transaction transaction) throws Exception;
    }

    /**
     * Does it with the rights of the application, as one transaction. Fails as {@link dev.tarn.api.resource.Resources#call}.
     *
     * @param limit how long a run may take
     */
    CompletionStage<Outcome> run(String application, Duration limit, Work work);
}
