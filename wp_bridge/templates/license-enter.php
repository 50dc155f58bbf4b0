<?php

/**
 * No license here yet: the key, or a mail that brings it.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
$errors = $view['errors'];
$states = $view['words']->states();
?>
<section>
	<h2><?php echo esc_html($view['named'] !== '' ? $view['named'] : $states[$view['state'] === 'site_mismatch' ? 'site_mismatch' : 'unlicensed']); ?></h2>
	<?php if ($view['explained'] !== '') : ?>
		<p><?php echo esc_html($view['explained']); ?></p>
	<?php endif; ?>
	<p><?php esc_html_e('The shortest way is the button in your purchase mail: it brings you back here and asks for one confirmation.', 'keydesk-bridge'); ?></p>
	<?php echo $html->open('activate'); ?>
		<div class="kd-field">
			<label for="kd-license_key"><?php esc_html_e('License key', 'keydesk-bridge'); ?></label>
			<div class="kd-line">
				<input id="kd-license_key" name="license_key" class="regular-text code" type="text" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="KD1-" maxlength="200" required<?php echo $html->marked('license_key', $errors, 'kd-key-note'); ?>>
				<button class="button button-primary"><?php esc_html_e('Activate', 'keydesk-bridge'); ?></button>
			</div>
			<?php echo $html->error('license_key', $errors); ?>
			<p class="description" id="kd-key-note">
				<?php
				/* translators: %s: host name of the license server */
				echo esc_html(sprintf(__('Pressing Activate sends the key, the addresses of this site and its dashboard, its language and the versions of WordPress, PHP and the plugin to %s, then once a day the same without the key.', 'keydesk-bridge'), $view['server']));
				?>
				<?php echo $html->outside(__('Privacy', 'keydesk-bridge'), $view['privacy']); ?>
			</p>
		</div>
	</form>
	<p class="kd-back"><?php esc_html_e('You came from the page of your purchase mail and had to log in first? Go back to that page and press its button again.', 'keydesk-bridge'); ?></p>
</section>
<section>
	<h2><?php esc_html_e('Key not at hand, or no place free?', 'keydesk-bridge'); ?></h2>
	<?php if ($view['mailed'] !== '') : ?>
		<p class="kd-break" data-mailed>
			<?php
			/* translators: %s: an e-mail address */
			echo esc_html(sprintf(__('If a license belongs to %s, a mail is on its way. Open its link within 30 minutes, release a site there if none is free, and press the button: this page goes on by itself.', 'keydesk-bridge'), $view['mailed']));
			?>
		</p>
		<div class="kd-foot">
			<?php echo $html->open('mail_look'); ?><button class="button"><?php esc_html_e('I have pressed it: look now', 'keydesk-bridge'); ?></button></form>
			<?php echo $html->open('mail_drop'); ?><button class="button"><?php esc_html_e('Use another address', 'keydesk-bridge'); ?></button></form>
		</div>
	<?php else : ?>
		<?php echo $html->open('mail_ask'); ?>
			<div class="kd-field">
				<label for="kd-email"><?php esc_html_e('E-mail of the purchase', 'keydesk-bridge'); ?></label>
				<div class="kd-line">
					<input id="kd-email" name="email" class="regular-text" type="email" autocomplete="email" maxlength="254" required value="<?php echo esc_attr($view['email']); ?>"<?php echo $html->marked('email', $errors, 'kd-mail-note'); ?>>
					<button class="button"><?php esc_html_e('Send me a link', 'keydesk-bridge'); ?></button>
				</div>
				<?php echo $html->error('email', $errors); ?>
				<p class="description" id="kd-mail-note">
					<?php
					/* translators: %s: host name of the license server */
					echo esc_html(sprintf(__('Sends this address and the address of the site to %s. The page of the mail shows your sites, releases one if you like, and activates this one without a key.', 'keydesk-bridge'), $view['server']));
					?>
				</p>
			</div>
		</form>
	<?php endif; ?>
</section>
<p><?php esc_html_e('Still stuck?', 'keydesk-bridge'); ?> <?php echo $html->link(__('Ask us', 'keydesk-bridge'), 'contact'); ?></p>
