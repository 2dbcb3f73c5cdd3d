// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Commit;
import dev.tarn.api.data.Path;

/**
 * What became of a request that logic answered.
 *
 * @param path what it was about: that of the row that was created where the request named none
 * @param commit what was written; empty for nothing
 */
public record Outcome(Path path, Commit commit, Answer answer) {}
