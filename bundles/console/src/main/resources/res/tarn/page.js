// SPDX-License-Identifier: Apache-2.0
"use strict";
// What pages of our own have in common.
window.tarn = (() => {
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  const operate = async (operation, given = {}) => {
    const answer = await fetch("/operations", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ operation, ...given }),
    });
    const result = await answer.json();
    if (!answer.ok) {
      const violations = (result.violations || []).filter((each) => each !== result.detail);
      throw Object.assign(new Error(result.detail || answer.statusText), { violations });
    }
    return result;
  };

  /** What is in a file, in base64. */
  const contentOf = (file) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

  return { make, operate, contentOf };
})();
