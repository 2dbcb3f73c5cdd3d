// SPDX-License-Identifier: Apache-2.0
// Opens the application's page in Chromium and prints "chromium ready", then "chromium seen" once each text appears.
import puppeteer from 'puppeteer-core';

const [executablePath, httpAddress, ...texts] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.log('chromium error ' + error.message));
  await page.goto('http://' + httpAddress + '/', { waitUntil: 'load' });
  await page.waitForFunction(() => document.getElementById('state').dataset.state !== 'connecting', { timeout: 60000 });
  console.log('chromium ready');
  for (const text of texts) {
    await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), { timeout: 60000 }, text);
    console.log('chromium seen ' + text);
  }
} finally {
  await browser.close();
}
