<?php

/**
 * The vectors that Python and PHP share: both give the same verdict for each case.
 */

declare(strict_types=1);

use Keydesk\Bridge\Client\Keys;
use Keydesk\Bridge\Client\Lease;
use Keydesk\Bridge\Client\LicenseKey;
use Keydesk\Bridge\Client\Signed;
use Keydesk\Bridge\Site\Environment;
use PHPUnit\Framework\TestCase;

final class VectorsTest extends TestCase
{
	/** @return array<string, array<int, mixed>> */
	public function leases(): array
	{
		return array_filter(vectors('leases'), static function (array $case): bool {
			return is_string($case[0]['lease']); // PHP's types refuse anything but a text
		});
	}

	/** @dataProvider leases */
	public function test_a_lease_gets_the_shared_verdict(array $input, array $expect): void
	{
		$lease = Lease::read($input['lease'], new Keys($input['trusted']), array(
			'tenant' => $input['tenant'],
			'product' => $input['product'],
			'activation' => $input['activation'],
			'site' => $input['site'],
			'network' => $input['network_main'] === null ? array() : array($input['network_main']),
			'environment' => $input['own_environment'],
			'uncounted' => Environment::isUncounted($input['site']),
			'revoked' => $input['revoked'],
			'revoked_kids' => $input['revoked_kids'],
			'stored' => $input['stored'],
		), $input['now']);
		$this->assertSame($expect['verdict'], $lease->verdict());
	}

	/** @return array<string, array<int, mixed>> */
	public function replies(): array
	{
		return vectors('replies');
	}

	/** @dataProvider replies */
	public function test_a_reply_is_believed_only_when_it_is_the_servers_own(array $input, array $expect): void
	{
		$reply = array('body' => (string) Signed::decode($input['body'])) + $input;
		$now = $input['clock_doubtful'] ? null : $input['now'];
		$doubt = Signed::reply((string) $input['header'], $reply, new Keys($input['trusted']), $now);
		$this->assertSame($expect['good'], $doubt === '', $doubt);
	}

	/** @return array<string, array<int, mixed>> */
	public function environments(): array
	{
		return vectors('environments');
	}

	/** @dataProvider environments */
	public function test_the_site_knows_which_addresses_take_no_seat(array $input, array $expect): void
	{
		$this->assertSame($expect['rule'] <= 5, Environment::isUncounted($input['site_key']));
	}

	/** @return array<string, array<int, mixed>> */
	public function keys(): array
	{
		return array_filter(vectors('keys'), static function (array $case): bool {
			return !in_array($case[0]['op'], array('lookup'), true); // the look-up hash is the server's
		});
	}

	/** @dataProvider keys */
	public function test_a_key_is_read_as_the_server_reads_it(array $input, array $expect): void
	{
		if ($input['op'] === 'encode') {
			$body = substr($expect['compact'], 3, 25);
			$this->assertSame($expect['compact'], 'KD1' . $body . LicenseKey::check($body));
			$this->assertSame($expect['key'], LicenseKey::pretty($expect['compact']));
			$this->assertSame($expect['hint'], LicenseKey::mask($expect['compact']));
			return;
		}
		$this->assertKeyRead($input, $expect);
	}

	private function assertKeyRead(array $input, array $expect): void
	{
		$typed = $input['text'] ?? (string) Signed::decode($input['raw']);
		if ($input['profile'] === 'kd1') {
			$this->assertSame($expect['key'] ?? null, LicenseKey::normalise($typed));
			return;
		}
		$isOurs = ($expect['profile'] ?? '') === 'kd1';
		$wanted = $isOurs ? LicenseKey::pretty($expect['key']) : ($expect['key'] ?? null);
		$this->assertSame($wanted, LicenseKey::accept($typed));
	}
}
