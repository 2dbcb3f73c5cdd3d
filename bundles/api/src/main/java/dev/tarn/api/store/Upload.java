// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.store;

import dev.tarn.api.data.Content;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A content on its way into the store, under back-pressure. Nobody sees it before a row refers to it; what no row refers to when
 * this is closed is removed, also after a crash. Methods are called one at a time and never block; stages complete on any thread,
 * and fail with a {@link dev.tarn.api.data.Failure}: TOO_LARGE, FULL, BUSY, UNAVAILABLE.
 */
@ProviderType
public interface Upload extends AutoCloseable {

    /** Adds bytes, all of which are copied. The next ones may be added when the stage is complete. */
    CompletionStage<Void> add(ByteBuffer bytes);

    /** Ends it. Completes when all of it is durable; until this is closed, a row may be made to refer to it. */
    CompletionStage<Content> finish(String mediaType);

    /** Lets it go: what no row refers to is removed. */
    @Override
    void close();
}
