// SPDX-License-Identifier: Apache-2.0
"use strict";
// The console's pages say nothing when what they ask for is refused.
if (window.jQuery) {
  jQuery(document).ajaxError((event, answer) => {
    let reason = answer.responseText;
    try {
      reason = JSON.parse(answer.responseText).detail || reason;
    } catch (notJson) {
      // Said as it is.
    }
    if (answer.status >= 400) alert(reason);
  });
}
