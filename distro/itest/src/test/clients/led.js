// SPDX-License-Identifier: Apache-2.0
// Opens the page of the LED signs in Chromium, sees a sign that a device made, changes it, and prints what it sees.
import puppeteer from 'puppeteer-core';

const [executablePath, httpAddress, picture] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
const wait = (page, what, ...values) => page.waitForFunction(what, { timeout: 60000 }, ...values);
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.log('led error ' + error.message));
  await page.goto('http://' + httpAddress + '/', { waitUntil: 'load' });
  await wait(page, () => document.getElementById('state').dataset.state === 'live');
  console.log('led ready');
  await wait(page, () => [...document.querySelectorAll('.led span')].some((each) => each.textContent === 'WELCOME'));
  await wait(page, () => [...document.querySelectorAll('.led span')].some((each) => each.textContent === 'PLEASE KNOCK'));
  console.log('led seen');
  await page.evaluate(() => {
    const sign = [...document.querySelectorAll('article')].find((each) => each.querySelector('h2').textContent === 'lobby');
    const form = sign.querySelector('form');
    form.elements.text.value = 'CLOSED';
    form.elements.brightness.value = 20;
    form.requestSubmit();
  });
  await wait(page, () => [...document.querySelectorAll('.led span')].some((each) => each.textContent === 'CLOSED'));
  console.log('led changed');
  if (picture) {
    await page.screenshot({ path: picture });
  }
} finally {
  await browser.close();
}
