// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import dev.tarn.api.security.User;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.felix.webconsole.spi.SecurityProvider;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;

/**
 * Tells the Felix Web Console who asks: the user that the door has found, who must be an administrator. With this service
 * its own user and password are out of use. Safe on any thread.
 */
@Component(service = SecurityProvider.class, property = SecurityProvider.PROPERTY_ID + "=tarn")
public final class Administrators implements SecurityProvider {

    @Override
    public @Nullable Object authenticate(HttpServletRequest request, HttpServletResponse response) {
        if (request.getAttribute(User.class.getName()) instanceof User user && user.administrator()) {
            return user.name();
        }
        response.setStatus(HttpServletResponse.SC_FORBIDDEN);
        return null;
    }

    @Override
    public boolean authorize(Object user, String role) {
        return true;
    }

    /** Nothing is remembered here; the console makes the browser forget. */
    @Override
    public void logout(HttpServletRequest request, HttpServletResponse response) {
        // The console answers 401 itself, which is how a browser is made to forget Basic credentials.
    }
}
