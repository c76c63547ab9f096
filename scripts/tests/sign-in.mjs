// Signs in and out in a browser: node sign-in.mjs ORIGIN CHROMIUM
import puppeteer from 'puppeteer-core';

const [origin, executablePath] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  const me = () => page.evaluate(() => fetch('/api/me').then((response) => response.json()));
  await page.goto(`${origin}/api/auth/signin`);
  await page.type('input[name=name]', 'Ada');
  await page.type('input[name=password]', 'correct horse');
  await Promise.all([page.waitForNavigation(), page.click('button[type=submit]')]);
  await page.goto(origin);
  const { name, email } = await me();
  await page.goto(`${origin}/api/auth/signout`);
  await Promise.all([page.waitForNavigation(), page.click('button[type=submit]')]);
  console.log(`${name}, ${email}, then: ${(await me()).error}`);
} finally {
  await browser.close();
}
