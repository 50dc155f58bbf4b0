<?php

/**
 * Splits, decodes and verifies signed texts and signed replies; the only caller of sodium.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Signed
{
	private const REPLY_SKEW = 86400;

	/** Bytes of a lease's payload, and of a lease's text. */
	public const LEASE = array(2900, 4096);

	/** The same of a revocation list. */
	public const REVOCATIONS = array(49152, 65536);

	/**
	 * Opens `v1.<payload>.<signature>`.
	 *
	 * @param array<int, int> $longest of the payload and of the text, in bytes
	 * @return array{verdict: string, payload: string, kid: string} verdict is '' when the signature holds.
	 */
	public static function open(string $text, string $domain, array $longest, Keys $keys): array
	{
		$closed = array('verdict' => 'malformed', 'payload' => '', 'kid' => '');
		if (strlen($text) > $longest[1] || preg_match('/[^\x21-\x7e]/', $text) === 1) {
			return $closed;
		}
		$parts = explode('.', $text);
		if (count($parts) !== 3 || $parts[0] !== 'v1') {
			return $closed;
		}
		$payload = self::decode($parts[1]);
		$signature = self::decode($parts[2]);
		if ($payload === null || $signature === null || strlen($signature) !== 64) {
			return $closed;
		}
		if (strlen($payload) < 2 || strlen($payload) > $longest[0]) {
			return $closed;
		}
		foreach ($keys->all() as $kid => $public) {
			if (self::verifies($signature, $domain . "\n" . $payload, $public)) {
				return array('verdict' => '', 'payload' => $payload, 'kid' => $kid);
			}
		}
		return array('verdict' => 'bad_signature') + $closed;
	}

	/**
	 * Whether a reply is the server's own answer to this very request.
	 *
	 * @param string $header the header Keydesk-Signature
	 * @param array{status: int, method: string, path: string, nonce: string, etag: string, body: string} $reply
	 * @return string '' or the reason: missing, malformed, unknown_key, stale, bad_signature
	 */
	public static function reply(string $header, array $reply, Keys $keys, ?int $now): string
	{
		if ($header === '') {
			return 'missing';
		}
		$shape = '/^v1 kid=(k[0-9a-f]{16}), ?ts=([0-9]{1,12}), ?sig=([A-Za-z0-9_-]{86})$/D';
		if (preg_match($shape, $header, $found) !== 1) {
			return 'malformed';
		}
		$public = $keys->find($found[1]);
		if ($public === null || !$keys->wasGoodAt($found[1], (int) $found[2])) {
			return 'unknown_key';
		}
		if ($now !== null && abs($now - (int) $found[2]) > self::REPLY_SKEW) {
			return 'stale';
		}
		$etag = trim((string) preg_replace('/^W\//', '', $reply['etag']), '"');
		$lines = array('keydesk-reply-v1', sprintf('%03d', $reply['status']), $reply['method'], $reply['path']);
		array_push($lines, $reply['nonce'], $found[2], $etag, $reply['body']);
		$signature = self::decode($found[3]);
		if ($signature === null || !self::verifies($signature, implode("\n", $lines), $public)) {
			return 'bad_signature';
		}
		return '';
	}

	public static function encode(string $bytes): string
	{
		return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
	}

	/**
	 * Strict base64url. PHP's own decoder lets line breaks and spare bits pass, so the text is
	 * encoded again and compared.
	 */
	public static function decode(string $text): ?string
	{
		if (preg_match('/^[A-Za-z0-9_-]+$/D', $text) !== 1) {
			return null;
		}
		$bytes = base64_decode(strtr($text, '-_', '+/'), true);
		return $bytes !== false && self::encode($bytes) === $text ? $bytes : null;
	}

	/** Sodium throws on wrong lengths, which would be a white screen: lengths first, and a net below. */
	private static function verifies(string $signature, string $message, string $public): bool
	{
		if (strlen($signature) !== 64 || strlen($public) !== 32) {
			return false;
		}
		try {
			return sodium_crypto_sign_verify_detached($signature, $message, $public);
		} catch (\Throwable $error) {
			return false;
		}
	}
}
