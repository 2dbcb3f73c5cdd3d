// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import jakarta.servlet.Servlet;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.felix.webconsole.servlet.AbstractServlet;
import org.osgi.service.component.annotations.Component;

/**
 * The page <i>Protocols</i>: what is installed, where it listens, what goes through it, live from {@link ProtocolsFeed}.
 * Its changes are operations of {@code POST /operations}.
 */
@Component(
        service = Servlet.class,
        property = {
            "felix.webconsole.label=" + ProtocolsPage.LABEL,
            "felix.webconsole.title=Protocols",
            "felix.webconsole.category=Tarn"
        })
public final class ProtocolsPage extends AbstractServlet {
    static final String LABEL = "protocols";

    private static final long serialVersionUID = 1L;

    @Override
    public void renderContent(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        Pages.write(response, "protocols.html");
    }
}
