// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.security.Logins;
import dev.tarn.api.security.Users;
import dev.tarn.transport.HttpExchange;
import dev.tarn.transport.HttpProtocol;
import io.netty.handler.codec.http.HttpRequest;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@link LoginPages} for the administration's listener. Safe on any thread. */
@Component(
        service = HttpProtocol.class,
        property = {"tarn.door=admin", "service.ranking:Integer=1000"})
public final class AdminLoginProtocol implements HttpProtocol {
    private final LoginPages pages;

    @Activate
    public AdminLoginProtocol(@Reference Bodies bodies, @Reference Users users, @Reference Logins logins) {
        this.pages = new LoginPages(bodies, users, logins);
    }

    @Override
    public String name() {
        return "login";
    }

    @Override
    public boolean accepts(HttpRequest head) {
        return LoginPages.accepts(head);
    }

    @Override
    public boolean anonymous(HttpRequest head) {
        return true;
    }

    @Override
    public void open(HttpExchange exchange) {
        pages.open(exchange);
    }
}
