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
 * The page <i>Applications</i>: what is deployed, in which version, and what is wrong with what is not. What it shows and
 * changes are operations of {@code POST /operations}.
 */
@Component(
        service = Servlet.class,
        property = {
            "felix.webconsole.label=" + ApplicationsPage.LABEL,
            "felix.webconsole.title=Applications",
            "felix.webconsole.category=Tarn"
        })
public final class ApplicationsPage extends AbstractServlet {
    static final String LABEL = "applications";

    private static final long serialVersionUID = 1L;

    @Override
    public void renderContent(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        Pages.write(response, "applications.html");
    }
}
