// SPDX-License-Identifier: Apache-2.0
package dev.tarn.console;

import org.apache.felix.webconsole.spi.BrandingPlugin;
import org.osgi.service.component.annotations.Component;

/** Tarn's name, mark and colours in the console. */
@Component(service = BrandingPlugin.class)
public final class Brand implements BrandingPlugin {
    private static final String RESOURCES = "/" + ProtocolsPage.LABEL + "/res/tarn/";
    private static final String LOGO = RESOURCES + "logo.svg";

    @Override
    public String getBrandName() {
        return "Tarn";
    }

    @Override
    public String getProductName() {
        return "Tarn";
    }

    @Override
    public String getProductURL() {
        return ConsoleProtocol.ROOT + "/" + ProtocolsPage.LABEL;
    }

    @Override
    public String getProductImage() {
        return LOGO;
    }

    @Override
    public String getVendorName() {
        return "Tarn";
    }

    @Override
    public String getVendorURL() {
        return getProductURL();
    }

    @Override
    public String getVendorImage() {
        return LOGO;
    }

    @Override
    public String getFavIcon() {
        return LOGO;
    }

    @Override
    public String getMainStyleSheet() {
        return RESOURCES + "console.css";
    }
}
