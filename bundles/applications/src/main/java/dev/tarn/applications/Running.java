// SPDX-License-Identifier: Apache-2.0
package dev.tarn.applications;

import dev.tarn.api.application.Action;
import dev.tarn.api.application.Answer;
import dev.tarn.api.application.Call;
import dev.tarn.api.application.Logic;
import dev.tarn.api.application.Mount;
import dev.tarn.api.application.Program;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A program that is closed once none of its resources has a call under way. Safe on any thread. */
final class Running {

    private static final Logger LOG = LoggerFactory.getLogger(Running.class);

    /** What a call may take while a debugger may have stopped it. */
    private static final Duration UNHURRIED = Duration.ofHours(1);

    private final Program program;
    private final boolean unhurried;
    private final List<Mount> mounts = new ArrayList<>();

    /** Resources that may have calls, and one for the program until it is replaced. */
    private final AtomicInteger holding;

    /** @param unhurried whether calls may take long, since a debugger may stop them */
    Running(Program program, boolean unhurried) {
        this.program = program;
        this.unhurried = unhurried;
        for (Mount mount : program.mounts()) {
            mounts.add(new Mount(mount.export(), mount.table(), new Held(mount.logic())));
        }
        this.holding = new AtomicInteger(mounts.size() + 1);
    }

    List<Mount> mounts() {
        return mounts;
    }

    void started() {
        program.started();
    }

    void replaced() {
        try {
            program.stopping();
        } catch (RuntimeException bug) {
            LOG.error("a program could not be stopped", bug);
        }
        let();
    }

    void discard() {
        close();
    }

    private void let() {
        if (holding.decrementAndGet() == 0) {
            close();
        }
    }

    private void close() {
        try {
            program.close();
        } catch (RuntimeException bug) {
            LOG.error("a program could not be closed", bug);
        }
    }

    /** Logic that tells when it is retired. */
    private final class Held implements Logic {
        private final Logic logic;

        Held(Logic logic) {
            this.logic = logic;
        }

        @Override
        public Set<Action> actions() {
            return logic.actions();
        }

        @Override
        public Answer answer(Call call) throws Exception {
            return logic.answer(call);
        }

        @Override
        public Duration limit() {
            return unhurried ? UNHURRIED : logic.limit();
        }

        @Override
        public ClassLoader code() {
            return logic.code();
        }

        @Override
        public void retired() {
            try {
                logic.retired();
            } finally {
                let();
            }
        }
    }
}
