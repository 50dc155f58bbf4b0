<?php

/**
 * The messages of a conversation, oldest first.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
?>
<?php foreach ((array) ($view['thread']['messages'] ?? array()) as $message) : ?>
	<?php
	$author = is_array($message['author'] ?? null) ? $message['author'] : array();
	$is_us = ($author['kind'] ?? '') === 'agent';
	$name = !$is_us && $view['mine'] ? __('You', 'keydesk-bridge') : (string) ($author['name'] ?? '');
	?>
	<article class="kd-msg<?php echo esc_attr($is_us ? ' is-us' : ''); ?>" data-message="<?php echo esc_attr((string) ($message['message_id'] ?? '')); ?>">
		<div class="kd-by">
			<strong><?php echo esc_html($name === '' ? __('Support', 'keydesk-bridge') : $name); ?></strong>
			<?php if ($is_us) : ?><span class="kd-soft"><?php esc_html_e('Support', 'keydesk-bridge'); ?></span><?php endif; ?>
			<span class="kd-soft kd-when"><?php echo $html->time((string) ($message['created_at'] ?? '')); ?></span>
		</div>
		<div class="kd-prose" dir="auto"><?php echo $html->prose((string) ($message['body'] ?? '')); ?></div>
		<?php foreach ((array) ($message['attachments'] ?? array()) as $file) : ?>
			<?php echo $html->open('attachment', array('attachment_id' => (string) $file['attachment_id']), 'kd-file'); ?><button class="button-link"><?php echo esc_html((string) $file['name']); ?></button> <span class="kd-soft"><?php echo $html->size((int) $file['size']); ?></span></form>
		<?php endforeach; ?>
	</article>
<?php endforeach; ?>
