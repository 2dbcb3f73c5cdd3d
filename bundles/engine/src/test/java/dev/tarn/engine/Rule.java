// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Logic;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** Logic put together by a test. */
final class Rule implements Logic {

    /** What it does for one action. */
    interface Does {
        Answer on(Call call) throws Exception;
    }

    final CountDownLatch retired = new CountDownLatch(1);
    private final Map<Action, Does> does = new ConcurrentHashMap<>();
    private Duration limit = LIMIT;

    Rule on(Action action, Does what) {
        does.put(action, what);
        return this;
    }

    Rule within(Duration time) {
        limit = time;
        return this;
    }

    @Override
    public Set<Action> actions() {
        return does.keySet();
    }

    @Override
    public Answer answer(Call call) throws Exception {
        return does.get(call.action()).on(call);
    }

    @Override
    public Duration limit() {
        return limit;
    }

    @Override
    public void retired() {
        retired.countDown();
    }
}
