// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Logic;
import java.time.Duration;
import java.util.Set;

/** A class of a script as logic. */
final class ScriptLogic implements Logic {

    /** The engine's own limit comes after ours, which says more. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private final Loaded program;
    private final Place place;
    private final Set<Action> actions;

    /**
     * Which class, and where.
     *
     * @param over whether it is over a table
     * @param numeric whether ids are numbers
     */
    record Place(String key, boolean over, boolean numeric) {}

    ScriptLogic(Loaded program, Place place, Set<Action> actions) {
        this.program = program;
        this.place = place;
        this.actions = Set.copyOf(actions);
    }

    @Override
    public Set<Action> actions() {
        return actions;
    }

    @Override
    public Answer answer(Call call) throws InterruptedException {
        return program.answer(place, call);
    }

    @Override
    public Duration limit() {
        return Duration.ofNanos(program.limits().answerNanos()).plus(GRACE);
    }
}
