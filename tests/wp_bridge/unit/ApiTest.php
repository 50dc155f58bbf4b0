<?php

/**
 * What the bridge believes of an answer, and what it takes for "no answer".
 */

declare(strict_types=1);

use Keydesk\Bridge\Client\Api;
use Keydesk\Bridge\Client\Keys;
use Keydesk\Bridge\Client\Outcome;
use Keydesk\Bridge\Client\Request;
use Keydesk\Bridge\Client\Response;
use Keydesk\Bridge\Client\Signed;
use Keydesk\Bridge\Client\Transport;
use Keydesk\Bridge\Client\Unreachable;
use PHPUnit\Framework\TestCase;

final class ApiTest extends TestCase
{
	private const NOW = 1798761600;

	private function keyPair(): string
	{
		return sodium_crypto_sign_seed_keypair(implode('', array_map('chr', range(0, 31))));
	}

	/**
	 * @param callable(Request): Response $answer the server at the other end of the seam
	 * @param array<string, int> $window not_before, not_after of the one key that is trusted
	 */
	private function api(callable $answer, ?Request &$seen = null, array $window = array()): Api
	{
		$server = new class ($answer, $seen) implements Transport {
			private $answer;

			private $seen;

			public function __construct(callable $answer, ?Request &$seen)
			{
				$this->answer = $answer;
				$this->seen = &$seen;
			}

			public function send(Request $request): Response
			{
				$this->seen = $request;
				return ($this->answer)($request);
			}
		};
		$public = sodium_crypto_sign_publickey($this->keyPair());
		$keys = new Keys(array(array('kid' => Keys::kid($public), 'public_key' => Signed::encode($public)) + $window));
		$known = static function () use ($keys): Keys {
			return $keys;
		};
		return new Api($server, $known, 'kdp_x');
	}

	/** @param callable(Request): Response $answer */
	private function checkIn(callable $answer, ?Request &$seen = null): Outcome
	{
		return $this->api($answer, $seen)->checkIn('kdt_x', array('site_uid' => 'u'), self::NOW);
	}

	private function signed(Request $request, int $status, string $body, ?string $nonce = null): Response
	{
		$lines = array('keydesk-reply-v1', (string) $status, 'POST', '/v1/check-ins', $nonce ?? $request->nonce());
		$text = implode("\n", array_merge($lines, array((string) self::NOW, '', $body)));
		$signature = sodium_crypto_sign_detached($text, sodium_crypto_sign_secretkey($this->keyPair()));
		$kid = Keys::kid(sodium_crypto_sign_publickey($this->keyPair()));
		$header = sprintf('v1 kid=%s, ts=%d, sig=%s', $kid, self::NOW, Signed::encode($signature));
		return new Response($status, array('Keydesk-Signature' => $header), $body);
	}

	public function test_a_signed_answer_is_believed(): void
	{
		$outcome = $this->checkIn(function (Request $request): Response {
			return $this->signed($request, 200, '{"server_time":1798761600}');
		}, $seen);
		$this->assertTrue($outcome->isDone());
		$this->assertSame('1798761600', $outcome->text('server_time'));
		$this->assertSame('Bearer kdt_x', $seen->headers()['Authorization']);
		$this->assertMatchesRegularExpression('/^[A-Za-z0-9_-]{22}$/', $seen->headers()['Keydesk-Nonce']);
	}

	public function test_yesterdays_answer_does_not_count_today(): void
	{
		$outcome = $this->checkIn(function (Request $request): Response {
			return $this->signed($request, 200, '{"license":null}', str_repeat('A', 22));
		});
		$this->assertFalse($outcome->isDone() || $outcome->isRefused());
		$this->assertSame('signature_bad_signature', $outcome->code());
	}

	public function test_the_answer_of_a_key_whose_time_is_over_does_not_count(): void
	{
		$over = array('not_before' => 0, 'not_after' => self::NOW - 1);
		$outcome = $this->api(function (Request $request): Response {
			return $this->signed($request, 200, '{"signing_keys":[]}');
		}, $seen, $over)->checkIn('kdt_x', array('site_uid' => 'u'), self::NOW);
		$this->assertSame('signature_unknown_key', $outcome->code());
	}

	public function test_a_signed_answer_tells_the_servers_time(): void
	{
		$outcome = $this->checkIn(function (Request $request): Response {
			return $this->signed($request, 200, '{}');
		});
		$this->assertSame((string) self::NOW, $outcome->text('signed_at'));
	}

	public function test_a_call_without_fields_sends_an_object(): void
	{
		$this->assertSame('{}', (new Request('POST', '/v1/x', 'license'))->withJson(array())->body());
	}

	public function test_an_unsigned_good_answer_does_not_count(): void
	{
		$outcome = $this->checkIn(static function (): Response {
			return new Response(200, array(), '{"license":{"status":"active"}}');
		});
		$this->assertSame('signature_missing', $outcome->code());
	}

	public function test_an_unsigned_refusal_is_shown_but_marked(): void
	{
		$outcome = $this->checkIn(static function (): Response {
			return new Response(401, array(), '{"code":"credentials_invalid"}');
		});
		$this->assertTrue($outcome->isRefused());
		$this->assertFalse($outcome->data()['signed']);
	}

	public function test_an_answer_cannot_call_itself_signed(): void
	{
		$outcome = $this->checkIn(static function (): Response {
			return new Response(401, array(), '{"code":"token_revoked","signed":true}');
		});
		$this->assertFalse($outcome->data()['signed']);
	}

	public function test_a_signed_refusal_is_marked_as_such(): void
	{
		$outcome = $this->checkIn(function (Request $request): Response {
			return $this->signed($request, 401, '{"code":"token_revoked"}');
		});
		$this->assertSame('token_revoked', $outcome->code());
		$this->assertTrue($outcome->data()['signed']);
	}

	public function test_a_page_of_html_is_no_answer(): void
	{
		$outcome = $this->checkIn(function (Request $request): Response {
			return $this->signed($request, 200, '<html>Please log in to this Wi-Fi</html>');
		});
		$this->assertSame('not_json', $outcome->code());
	}

	public function test_silence_changes_nothing(): void
	{
		$outcome = $this->checkIn(static function (): Response {
			throw new Unreachable('no_answer');
		});
		$this->assertFalse($outcome->isDone() || $outcome->isRefused());
	}

	public function test_what_was_seen_is_told_and_an_answer_without_a_body_is_a_good_one(): void
	{
		$outcome = $this->api(static function (): Response {
			return new Response(204, array(), '');
		}, $request)->seen('kdt_x', 'tkt_1', 'msg_2');
		$this->assertTrue($outcome->isDone());
		$this->assertSame(204, $outcome->status());
		$this->assertSame(array('POST', '/v1/tickets/tkt_1/seen'), array($request->method(), $request->target()));
		$this->assertSame('{"message_id":"msg_2"}', $request->body());
	}

	public function test_letters_of_any_script_travel_as_themselves(): void
	{
		$request = (new Request('POST', '/v1/tickets', 'support'))->withJson(array('body' => 'Привіт/ "ok"'));
		$this->assertSame('{"body":"Привіт/ \\"ok\\""}', $request->body());
	}

	public function test_a_file_travels_byte_for_byte_and_its_name_cannot_break_out(): void
	{
		$bytes = "\x00\xff\r\n--x";
		$request = (new Request('POST', '/v1/attachments', 'support'))->withFile("a\"\r\nb.png", 'image/png', $bytes);
		$this->assertStringContainsString("\r\n\r\n" . $bytes . "\r\n--", $request->body());
		$this->assertStringContainsString('filename="a___b.png"', $request->body());
	}
}
