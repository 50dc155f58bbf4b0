<?php

/**
 * Nothing secret and nobody's address leaves the site in diagnostics.
 */

declare(strict_types=1);

use Keydesk\Bridge\Site\Redactor;
use PHPUnit\Framework\TestCase;

final class RedactorTest extends TestCase
{
	private function redactor(): Redactor
	{
		return new Redactor(array('salt-of-this-site-0001', 'short'), '/srv/www/shop');
	}

	/** @return array<string, array<int, string>> text, and what must be gone from it */
	public function secrets(): array
	{
		$token = str_repeat('A', 42) . '2TT5sw';
		return array(
			'license key' => array('key KD1-000G40-R40M30-E20918-5GR38E-1PHBCV here', 'R40M30'),
			'site token' => array('kdt_' . $token, $token),
			'vendor key' => array('kds_live_' . $token, $token),
			'transfer code' => array('kdx_' . $token, $token),
			'webhook secret' => array('whsec_' . str_repeat('b', 43) . '=', 'bbbb'),
			'payment key' => array('sk_live_4eC39HqLyjWDarjtT1zdp7dc', '4eC39'),
			'bearer' => array('Authorization: Bearer abc.def-123456', 'abc.def'),
			'salt by value' => array('found salt-of-this-site-0001 in log', '0001'),
			'e-mail' => array('from olena.k@salon.example.com today', 'olena'),
			'e-mail in Cyrillic' => array('от Елена@пример.рф', 'Елена'),
			'IPv4' => array('client 192.168.10.7 said', '192.168'),
			'IPv6' => array('client 2001:db8:85a3::8a2e:370:7334 said', '8a2e'),
			'loopback' => array('host ::1 said', '::1'),
			'login in an address' => array('https://bob:pw@example.com/x', 'bob'),
			'query' => array('https://example.com/x?token=abc&y=1', 'abc'),
			'path of the site' => array('in /srv/www/shop/wp-content/a.php', '/srv/www'),
			'path of a home' => array('in /home/olena/site/a.php on line 3', 'olena'),
			'path of Windows' => array('in C:\\Users\\olena\\a.php', 'olena'),
		);
	}

	/** @dataProvider secrets */
	public function test_it_is_removed_and_said_so(string $text, string $gone): void
	{
		$redactor = $this->redactor();
		$clean = $redactor->text($text);
		$this->assertStringNotContainsString($gone, $clean);
		$this->assertMatchesRegularExpression('/\[removed: |ABSPATH\//', $clean);
	}

	/** @return array<string, array<int, string>> */
	public function facts(): array
	{
		return array(
			'versions' => array('WordPress 7.1.4, PHP 8.2.36, plugin 1.2.0'),
			'time' => array('12:45:07 at 2026-11-21'),
			'class' => array('Acme\\Gallery\\Settings::page()'),
			'relative path' => array('wp-content/plugins/acme-gallery/gallery.php'),
			'address' => array('https://example.com/shop'),
			'short value of the list' => array('short'),
			'six languages' => array('Галерея порожня, galerie goală, galeri kosong'),
		);
	}

	/** @dataProvider facts */
	public function test_what_helps_to_answer_stays(string $text): void
	{
		$redactor = $this->redactor();
		$this->assertSame($text, $redactor->text($text));
		$this->assertSame(0, Redactor::removed(array($redactor->text($text))));
	}

	public function test_a_value_goes_by_the_name_of_its_row(): void
	{
		$redactor = $this->redactor();
		$rows = array('API key' => 'hunter2', 'Columns' => '3', 'inner' => array('cookie' => 'x'), 'Auth' => '');
		$this->assertSame(
			array('API key' => '[removed: secret]', 'Columns' => '3', 'inner' => array('cookie' => '[removed: secret]'), 'Auth' => ''),
			$redactor->rows($rows)
		);
		$this->assertSame(2, Redactor::removed($redactor->rows($rows)));
	}

	/** @return array<string, array<int, string>> names of rows with a secret */
	public function secretNames(): array
	{
		$names = array(
			'AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_SALT', 'SECURE_AUTH_SALT', 'DB_PASSWORD', 'apiKey', 'APIKey', 'apikey',
			'Auth', 'access_token', 'accessToken', 'Session cookies', 'SMTP pass', 'webhook-secret', 'license_key_2',
		);
		return array_combine($names, array_chunk($names, 1));
	}

	/** @dataProvider secretNames */
	public function test_a_whole_word_of_a_name_tells_a_secret(string $name): void
	{
		$this->assertSame(array($name => '[removed: secret]'), $this->redactor()->rows(array($name => 'hunter2')));
	}

	/** @return array<string, array<int, string>> names of rows with a fact */
	public function factNames(): array
	{
		$names = array('Author', 'Author website', 'Authors', 'Keyboard', 'Passenger', 'Tokenizer', 'Monkey', 'bypass', 'Salty');
		return array_combine($names, array_chunk($names, 1));
	}

	/** @dataProvider factNames */
	public function test_a_part_of_a_word_tells_nothing(string $name): void
	{
		$this->assertSame(array($name => '1.2.0'), $this->redactor()->rows(array($name => '1.2.0')));
	}

	public function test_a_list_of_plugins_keeps_its_versions_and_still_loses_secrets(): void
	{
		$redactor = $this->redactor();
		$rows = array('Two-Factor Auth' => 'Version 1.2.0', 'Key Pass Token' => 'by olena@salon.example.com');
		$this->assertSame(
			array('Two-Factor Auth' => 'Version 1.2.0', 'Key Pass Token' => 'by [removed: e-mail]'),
			$redactor->rows($rows, false)
		);
		$this->assertSame(1, Redactor::removed($redactor->rows($rows, false)));
	}

	/** @return array<string, array<int, string>> path, and what it is called */
	public function paths(): array
	{
		$random = '/tmp/kds_' . str_repeat('a1', 20) . '-x/site/www';
		return array(
			'the root' => array('/srv/www/shop', '/srv/www/shop', 'ABSPATH/'),
			'a root that ends in a slash' => array('/srv/www/shop/', '/srv/www/shop/a.php:3', 'ABSPATH/a.php:3'),
			'a root in /www' => array('/www/shop', 'in /www/shop/wp-content/a.php', 'in ABSPATH/wp-content/a.php'),
			'a root in no usual place' => array('/customers/7/shop', '(/customers/7/shop/a.php)', '(ABSPATH/a.php)'),
			'a root of Windows' => array('C:\\shop', 'C:\\shop\\a.php', 'ABSPATH/a.php'),
			'a root that looks like a secret' => array($random, "in {$random}/a.php", 'in ABSPATH/a.php'),
			'a neighbour that begins alike' => array('/srv/www/shop', '/srv/www/shop-2/a.php', '[removed: path]'),
			'a folder that looks like a secret' => array('/srv/www/shop', "log: {$random}/a.php, line 3", 'log: [removed: path], line 3'),
			'a home alone' => array('/srv/www/shop', 'in /root', 'in [removed: path]'),
			'content elsewhere' => array('/srv/www/shop', '/srv/data/content/plugins/a.php', 'WP_CONTENT_DIR/plugins/a.php'),
		);
	}

	/** @dataProvider paths */
	public function test_a_path_is_shortened_or_goes_whole(string $root, string $text, string $clean): void
	{
		$redactor = new Redactor(array('salt-of-this-site-0001'), $root, '/srv/data/content');
		$this->assertSame($clean, $redactor->text($text));
	}

	public function test_a_value_inside_a_path_does_not_split_it(): void
	{
		$this->assertSame('[removed: path]', $this->redactor()->text('/tmp/salt-of-this-site-0001-x/site/www'));
	}

	public function test_what_is_counted_is_what_is_black(): void
	{
		$clean = $this->redactor()->rows(array(
			'Found' => 'a salt-of-this-site-0001 b salt-of-this-site-0001 in /srv/www/shop/a.php',
			'by olena@salon.example.com' => 'x',
		));
		$this->assertSame(
			array('Found' => 'a [removed: secret] b [removed: secret] in ABSPATH/a.php', 'by [removed: e-mail]' => 'x'),
			$clean
		);
		$this->assertSame(3, Redactor::removed(array('site' => $clean)));
	}

	public function test_a_value_inside_a_longer_one_does_not_split_it(): void
	{
		$redactor = new Redactor(array('salt-one', 'salt-one-and-more', '[removed', 'wordpress'), '');
		$this->assertSame('[removed: secret] and [removed: secret]', $redactor->text('salt-one-and-more and salt-one'));
		$this->assertSame('plugins of wordpress', $redactor->text('plugins of wordpress'));
	}

	public function test_bytes_that_are_no_text_are_not_sent(): void
	{
		$this->assertSame('[removed: unreadable]', $this->redactor()->text("\xff\xfe"));
	}

	/** @return array<string, array<int, mixed>> */
	public function scrubs(): array
	{
		return array_filter(vectors('tokens'), static function (array $case): bool {
			return $case[0]['op'] === 'scrub';
		});
	}

	/** @dataProvider scrubs */
	public function test_every_secret_of_the_contract_is_found_in_running_text(array $input, array $expect): void
	{
		$clean = $this->redactor()->text($input['text']);
		if ($expect['without'] !== null) {
			$this->assertStringNotContainsString($expect['without'], $clean);
		}
		foreach ($expect['keeps'] as $kept) {
			$this->assertStringContainsString($kept, $clean);
		}
	}
}
