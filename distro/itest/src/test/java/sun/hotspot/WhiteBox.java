// SPDX-License-Identifier: Apache-2.0
package sun.hotspot;

/**
 * The door to the virtual machine's inside that HotSpot 17 has for tests, as far as it is used here: it binds these methods
 * to a class of this name on the boot class path, with {@code -XX:+WhiteBoxAPI}.
 */
public final class WhiteBox {

    static {
        registerNatives();
    }

    private static native void registerNatives();

    /** Throws compiled code away; a method that is running is left when control comes back to it. */
    public native void deoptimizeAll();
}
