// SPDX-License-Identifier: Apache-2.0
package dev.tarn.itest.probe;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** Cannot start, as an activator or as a component. */
public final class Failing implements BundleActivator {

    public Failing() {
        if (Failing.class.getResource("/component") != null) {
            throw new IllegalStateException("the moon is full");
        }
    }

    @Override
    public void start(BundleContext context) {
        throw new IllegalStateException("there is no moon");
    }

    @Override
    public void stop(BundleContext context) {
        // It never started.
    }
}
